// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type {
  AuthorityStatus,
  RotationRequest,
  RotationStatus,
  TrustDomainStatus,
} from '../../../src/api/trust-domain.ts';
import { answeredRequest, rotationEvents } from '../../../src/signals/trust-domain-events.ts';
import { DAY, MINUTE } from '../../../src/time.ts';
import { AuthorityHarness, ROOT } from '../../support/authority-harness.ts';
import { aPropagation, aTrustDomain } from '../../support/builders.ts';

/** A real authority, and the reasons of the events about it since the last look. */
class Told {
  readonly harness = new AuthorityHarness();
  #seen = 0;

  async reasons(request?: RotationRequest): Promise<string[]> {
    const { harness } = this;
    if (request !== undefined) {
      const status = harness.status;
      harness.trustDomains.set(
        'default',
        aTrustDomain({ spec: { rotation: request }, ...(status === undefined ? {} : { status }) }),
      );
    }
    await harness.run();
    const from = this.#seen;
    this.#seen = harness.statuses.length;
    return harness.statuses
      .slice(from)
      .flatMap((status, index) =>
        rotationEvents(harness.statuses[from + index - 1], status).map(({ reason }) => reason),
      );
  }

  stale(stale: number, exposed = 0): void {
    const blockers = [{ kind: 'Secret', namespace: 'shop', name: 'checkout-svid', reason: 'not written yet' }];
    this.harness.propagation = aPropagation({ targets: 10, stale, exposed, blockers });
  }
}

async function established(): Promise<Told> {
  const told = new Told();
  expect(await told.reasons()).toEqual([]);
  return told;
}

describe('events of an authority as it is', () => {
  it('tell a requested rotation of the root from its beginning to its end', async () => {
    const told = await established();
    told.stale(3);
    expect(await told.reasons({ id: 'drill', action: 'RotateRoot' })).toEqual(['RotationAccepted', 'RootPublished']);
    expect(await told.reasons()).toEqual([]);
    told.stale(0);
    await told.harness.clock.advance(MINUTE);
    expect(await told.reasons()).toEqual([]);
    await told.harness.clock.advance(5 * MINUTE);
    expect(await told.reasons()).toEqual(['RootActivated']);
    await told.harness.clock.advance(8 * DAY);
    expect(await told.reasons()).toEqual(['RootWithdrawn', 'RotationCompleted']);
  });

  it('tell who was given up', async () => {
    const told = await established();
    told.stale(3);
    await told.reasons({ id: 'drill', action: 'RotateRoot' });
    await told.harness.clock.advance(2 * DAY);
    expect(await told.reasons()).toEqual(['TargetsQuarantined']);
    await told.harness.clock.advance(MINUTE);
    expect(await told.reasons()).toEqual([]);
  });

  it('tell a compromise until the root is gone', async () => {
    const told = await established();
    told.stale(10, 10);
    expect(await told.reasons({ id: 'theft', action: 'Compromise', reason: 'a stolen backup' })).toEqual([
      'CompromiseBegun',
      'RootPublished',
      'RootActivated',
    ]);
    told.stale(0);
    await told.harness.clock.advance(MINUTE);
    expect(await told.reasons()).toEqual(['SVIDsReplaced']);
    await told.harness.clock.advance(6 * MINUTE);
    told.stale(4);
    expect(await told.reasons()).toEqual([]);
  });

  it('tell that a compromised root was withdrawn in its time, and that all is over', async () => {
    const told = await established();
    told.stale(0);
    expect(await told.reasons({ id: 'theft', action: 'Compromise' })).toEqual([
      'CompromiseBegun',
      'RootPublished',
      'RootActivated',
      'SVIDsReplaced',
    ]);
    await told.harness.clock.advance(6 * MINUTE);
    expect(await told.reasons()).toEqual(['RootWithdrawn', 'RotationCompleted']);
  });

  it('tell that a compromised root was withdrawn before its time', async () => {
    const told = await established();
    told.stale(5, 5);
    await told.reasons({ id: 'theft', action: 'Compromise' });
    expect(await told.reasons({ id: 'theft', action: 'Compromise', acknowledgeBroken: 5 })).toEqual([
      'RootWithdrawnEarly',
    ]);
    expect(await told.reasons()).toEqual([]);
  });

  it('tell that a compromise takes the place of a rotation in progress', async () => {
    const told = await established();
    told.stale(3);
    await told.reasons({ id: 'drill', action: 'RotateRoot' });
    expect((await told.reasons({ id: 'theft', action: 'Compromise' })).slice(0, 2)).toEqual([
      'RotationOvertaken',
      'CompromiseBegun',
    ]);
    const again = await told.reasons({ id: 'theft-2', action: 'Compromise' });
    expect(again.slice(0, 2)).toEqual(['RotationOvertaken', 'CompromiseBegun']);
    expect(await told.reasons()).not.toContain('RotationOvertaken');
  });

  it('tell a requested intermediate, and nothing of a scheduled one', async () => {
    const told = await established();
    expect(await told.reasons({ id: 'i', action: 'RotateIntermediate' })).toEqual([
      'RotationAccepted',
      'RotationCompleted',
    ]);
    await told.harness.clock.advance(5 * DAY);
    expect(await told.reasons()).toEqual([]);
  });

  it('tell a refusal once', async () => {
    const told = await established();
    told.harness.store.stored.delete(ROOT);
    expect(await told.reasons({ id: 'r', action: 'RotateRoot' })).toEqual(['RotationRefused']);
    expect(await told.reasons()).toEqual([]);
  });

  it('tell that a root is due', async () => {
    const told = await established();
    told.stale(1);
    await told.harness.clock.advance(300 * DAY);
    expect(await told.reasons()).toEqual(['RotationScheduled', 'RootPublished']);
  });
});

const STARTED = '2026-06-15T12:00:00Z';

function aRotation(changes: Partial<RotationStatus> = {}): RotationStatus {
  return { id: 'r', action: 'RotateRoot', state: 'InProgress', message: '', startedAt: STARTED, ...changes };
}

function aRoot(id: string, changes: Partial<AuthorityStatus> = {}): AuthorityStatus {
  return { id, kind: 'Root', state: 'Active', notBefore: STARTED, notAfter: '2027-06-15T12:00:00Z', ...changes };
}

function notes(previous: TrustDomainStatus | undefined, next: TrustDomainStatus): string[] {
  return rotationEvents(previous, next).map(({ note }) => note);
}

describe('the words of events', () => {
  it('name the request, its reason and why it was refused', () => {
    expect(notes({}, { rotation: aRotation({ reason: 'a drill' }) })).toEqual([
      'RotateRoot (request r) has begun: a drill',
    ]);
    expect(notes({}, { rotation: aRotation({ state: 'Refused', message: 'not now' }) })).toEqual([
      'RotateRoot (request r) is refused: not now',
    ]);
  });

  it('name the rotation that was overtaken, and by which request', () => {
    const theft = { rotation: aRotation({ id: 'theft', action: 'Compromise' }) };
    expect(notes({ rotation: aRotation() }, theft)[0]).toBe(
      'RotateRoot (request r) is overtaken by Compromise (request theft): a new root replaces every other',
    );
    const { id: _, ...scheduled } = aRotation();
    expect(notes({ rotation: scheduled }, theft)[0]).toMatch(/^RotateRoot is overtaken by Compromise /);
    expect(notes({ rotation: aRotation({ state: 'Completed' }) }, theft)).toHaveLength(1);
    const refused = { rotation: { ...theft.rotation, state: 'Refused' as const } };
    expect(notes({ rotation: aRotation() }, refused)).toHaveLength(1);
  });

  it('say that a rotation is complete in the same words wherever it is recorded', () => {
    const answer = {
      id: 'i',
      action: 'RotateIntermediate',
      state: 'Completed',
      message: 'complete: it signs',
    } as const;
    const complete = ['RotateIntermediate (request i) is complete: it signs'];
    const known = aRotation({ ...answer, state: 'InProgress' });
    expect(notes({ rotation: known }, { rotation: { ...known, ...answer } })).toEqual(complete);
    const inProgress = { rotation: aRotation() };
    expect(notes(inProgress, { ...inProgress, lastRequest: { ...answer, time: STARTED } })).toEqual(complete);
  });

  it('name some of those that were given up', () => {
    const blockers = Array.from({ length: 10 }, (_, index) => ({
      kind: 'Secret',
      namespace: 'shop',
      name: `s${index}`,
      reason: 'immutable',
    }));
    const previous = { rotation: aRotation({ blockers }) };
    expect(notes(previous, { rotation: aRotation({ quarantined: 12 }) })).toEqual([
      '12 Secrets and bundles are given up, among them Secret shop/s0 (immutable), Secret shop/s1 (immutable), Secret shop/s2 (immutable)',
    ]);
  });

  it('say how many depended on a root that was withdrawn early', () => {
    const theft = { action: 'Compromise', step: 'ReplacingSVIDs' } as const;
    const previous = {
      authorities: [aRoot('old'), aRoot('new')],
      rotation: aRotation({ ...theft, stale: 2, exposed: 3 }),
    };
    const next = { authorities: [aRoot('new')], rotation: aRotation({ ...theft, step: 'RemovingRoot' }) };
    expect(notes(previous, next)).toEqual([
      'root old is no longer a trust anchor; 3 Secrets and bundles still depended on it when last counted',
    ]);
  });
});

describe('events are silent', () => {
  it('at the first status of an authority, whatever it says', () => {
    const next = { authorities: [aRoot('a')], rotation: aRotation({ state: 'Completed' }) };
    expect(rotationEvents(undefined, next)).toEqual([]);
    expect(answeredRequest(undefined, next)).toBeUndefined();
  });

  it('about the first root', () => {
    expect(rotationEvents({}, { authorities: [aRoot('a')] })).toEqual([]);
  });

  it('about a rotation of before that is still in status', () => {
    const status = { authorities: [aRoot('a')], rotation: aRotation({ state: 'Completed', quarantined: 3 }) };
    expect(rotationEvents(status, status)).toEqual([]);
    expect(answeredRequest(status, status)).toBeUndefined();
  });

  it('about a withdrawal before its time once a compromise is over', () => {
    const rotation = aRotation({ action: 'Compromise', state: 'Completed' });
    const events = rotationEvents(
      { authorities: [aRoot('a'), aRoot('b')], rotation },
      { authorities: [aRoot('b')], rotation },
    );
    expect(events.map(({ reason }) => reason)).toEqual(['RootWithdrawn']);
  });
});

it.each([
  [aRotation(), { action: 'RotateRoot', result: 'accepted' }],
  [aRotation({ state: 'Refused' }), { action: 'RotateRoot', result: 'refused' }],
  [
    aRotation({ action: 'RotateIntermediate', state: 'Completed' }),
    { action: 'RotateIntermediate', result: 'accepted' },
  ],
])('counts the answer to a request: %o', (rotation, expected) => {
  expect(answeredRequest({ rotation: aRotation({ id: 'before' }) }, { rotation })).toEqual(expected);
});

it('counts no answer where nobody asked', () => {
  const { id: _, ...scheduled } = aRotation();
  expect(answeredRequest({}, { rotation: scheduled })).toBeUndefined();
});
