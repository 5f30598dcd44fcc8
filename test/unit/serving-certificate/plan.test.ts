// SPDX-License-Identifier: Apache-2.0
/**
 * What is done next with the serving certificate of the webhook, for each state of its Secret.
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  type ObservedServing,
  planServing,
  type ServingSettings,
  type ServingSlot,
} from '../../../src/serving-certificate/plan.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/time.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const NAMES = ['signet-webhook.signet-system.svc'];
const SETTINGS: ServingSettings = { lifetime: 24 * HOUR, uptake: 15 * SECOND, dnsNames: NAMES };

/** A certificate made `age` ago. */
function slot(authorityID: string, age: number, more: Partial<ServingSlot> = {}): ServingSlot {
  const made = NOW - age;
  return { authorityID, notBefore: made - MINUTE, notAfter: made + 24 * HOUR, dnsNames: NAMES, ...more };
}

function observed(slots: { current?: ServingSlot; next?: ServingSlot }, more: Partial<ObservedServing> = {}) {
  const authorities = Object.values(slots).map(({ authorityID: id, notAfter }) => ({ id, notAfter }));
  return { stored: { ...slots, authorities }, trustedFor: undefined, ...more };
}

function plan(state: ObservedServing, settings = SETTINGS) {
  return planServing(state, settings, NOW);
}

describe('a certificate is prepared', () => {
  it('where there is no Secret', () => {
    expect(plan({ stored: undefined, trustedFor: undefined })).toEqual({
      action: { kind: 'Prepare', reason: 'Missing', keep: [] },
    });
  });

  it('at half of the life of the one before, whose authority is kept', () => {
    expect(plan(observed({ current: slot('a', 12 * HOUR) })).action).toEqual({
      kind: 'Prepare',
      reason: 'RenewalDue',
      keep: ['a'],
    });
    expect(plan(observed({ current: slot('a', 12 * HOUR - SECOND) }))).toEqual({ requeueAfter: SECOND });
  });

  it('where the names are others, and what was never served is dropped', () => {
    const settings = { ...SETTINGS, dnsNames: ['other.signet-system.svc'] };
    const action = { kind: 'Prepare', reason: 'NamesChanged' };
    expect(plan(observed({ current: slot('a', HOUR) }), settings).action).toEqual({ ...action, keep: ['a'] });
    const both = observed({ current: slot('a', HOUR), next: slot('b', MINUTE) });
    expect(plan(both, settings).action).toEqual({ ...action, keep: ['a'] });
  });

  it('where the Secret is damaged, and what may still be served somewhere stays trusted', () => {
    const state = observed({ current: slot('a', HOUR) }, { problem: 'tls.crt cannot be read' });
    expect(plan(state).action).toEqual({ kind: 'Prepare', reason: 'Damaged', keep: ['a'] });
  });

  it('instead of one that waited too long to be trusted', () => {
    const state = observed({ current: slot('a', 23 * HOUR), next: slot('b', 12 * HOUR) }, { trustedFor: HOUR });
    expect(plan(state).action).toEqual({ kind: 'Prepare', reason: 'NextExpired', keep: ['a'] });
  });

  it('earlier when the lifetime has been shortened', () => {
    const settings = { ...SETTINGS, lifetime: HOUR };
    expect(plan(observed({ current: slot('a', 31 * MINUTE) }), settings).action?.kind).toBe('Prepare');
  });

  it('and keeps no more than eight authorities', () => {
    const authorities = Array.from({ length: 12 }, (_, at) => ({ id: `a${at}`, notAfter: NOW + HOUR }));
    const action = plan({ stored: { authorities }, trustedFor: undefined }).action;
    expect(action).toMatchObject({ keep: ['a4', 'a5', 'a6', 'a7', 'a8', 'a9', 'a10', 'a11'] });
  });
});

describe('a prepared certificate is promoted', () => {
  const slots = { current: slot('a', 12 * HOUR), next: slot('b', SECOND) };

  it('when every caBundle has had its authority for long enough', () => {
    expect(plan(observed(slots, { trustedFor: 15 * SECOND }))).toEqual({ action: { kind: 'Promote' } });
  });

  it('and not before', () => {
    expect(plan(observed(slots, { trustedFor: 10 * SECOND }))).toEqual({ requeueAfter: 5 * SECOND });
    expect(plan(observed(slots))).toEqual({ requeueAfter: 15 * SECOND });
  });

  it('at once where nothing else was ever trusted, but not before the caBundles hold it', () => {
    const first = { next: slot('b', SECOND) };
    expect(plan(observed(first, { trustedFor: 0 }))).toEqual({ action: { kind: 'Promote' } });
    expect(plan(observed(first))).toEqual({ requeueAfter: 15 * SECOND });
  });

  it('in time where the one that is served cannot be read, but its authority is still trusted', () => {
    const authorities = [slots.current, slots.next].map(({ authorityID: id, notAfter }) => ({ id, notAfter }));
    expect(plan({ stored: { next: slots.next, authorities }, trustedFor: 10 * SECOND })).toEqual({
      requeueAfter: 5 * SECOND,
    });
  });
});

describe('an authority is forgotten', () => {
  const current = slot('b', HOUR);
  const stored = (ended: number) => ({
    current,
    authorities: [
      { id: 'a', notAfter: NOW - ended },
      { id: 'b', notAfter: current.notAfter },
    ],
  });

  it('when what it signed has ended and clocks that lag know it, too', () => {
    expect(plan({ stored: stored(MINUTE), trustedFor: undefined }).action).toEqual({ kind: 'Forget', keep: ['b'] });
  });

  it('and not before', () => {
    expect(plan({ stored: stored(MINUTE - SECOND), trustedFor: undefined })).toEqual({ requeueAfter: SECOND });
  });
});
