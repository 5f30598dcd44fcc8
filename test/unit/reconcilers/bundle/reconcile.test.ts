// SPDX-License-Identifier: Apache-2.0
/**
 * The shell around one place of a bundle, with an API server in memory: what is read, written and remembered.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, SignetError } from '../../../../src/errors.ts';
import { statusError } from '../../../../src/kube/kube-error.ts';
import { BundleMemory } from '../../../../src/reconcilers/bundle/memory.ts';
import { reconcileBundle } from '../../../../src/reconcilers/bundle/reconcile.ts';
import type { BundleTarget } from '../../../../src/reconcilers/bundle/targets.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { KEY, Place, wanted } from './place.ts';

let place: Place;
let memory: BundleMemory;
let told: number;
let refusal: string | undefined;
let inTerm = true;
let target: BundleTarget | undefined;

beforeEach(() => {
  place = new Place();
  memory = new BundleMemory();
  told = 0;
  refusal = undefined;
  inTerm = true;
  target = wanted('one');
});

function run() {
  return reconcileBundle(KEY, {
    memory,
    gate: { refusal: () => refusal },
    inTerm: () => inTerm,
    clock: new ManualClock(),
    target: () => target,
    cached: () => (place.cached === undefined ? [] : [place.cached]),
    calls: place,
    trustDomain: 'default',
    onChange: () => {
      told += 1;
    },
  });
}

function failure(code: ErrorCode): SignetError {
  return new SignetError(code, 'no');
}

describe('in steady state', () => {
  it('it creates once, knows its own write when the watch brings it, and then neither reads nor writes', async () => {
    expect(await run()).toEqual({});
    expect(memory.inPlace(KEY)).toBe('one');
    expect(place.sync(memory)).toBe(false);
    await run();
    await run();
    expect(place.calls).toEqual(['create']);
    expect(told).toBe(1);
  });

  it('after a restart it reads once and writes nothing', async () => {
    place.put({}, 'one');
    place.sync(memory);
    await run();
    await run();
    expect(place.calls).toEqual(['read']);
    expect(memory.inPlace(KEY)).toBe('one');
  });

  it('a listing of everything makes nothing unknown, and shows what was deleted meanwhile', async () => {
    await run();
    place.sync(memory);
    memory.relisted(() => true);
    await run();
    expect(place.calls).toEqual(['create']);
    place.stored = undefined;
    place.cached = undefined;
    memory.relisted(() => true);
    await run();
    expect(place.calls).toEqual(['create', 'create']);
  });

  it('a new content is patched without a read', async () => {
    await run();
    place.sync(memory);
    target = wanted('two');
    await run();
    expect(place.calls).toEqual(['create', 'patch']);
    expect(memory.inPlace(KEY)).toBe('two');
  });
});

describe('somebody else', () => {
  it('edits it: what was in place counts no more at once, and it is read and healed', async () => {
    await run();
    place.sync(memory);
    place.put({ uid: 'cm-1' }, 'edited');
    expect(place.sync(memory)).toBe(true);
    expect(memory.inPlace(KEY)).toBeUndefined();
    await run();
    expect(place.calls).toEqual(['create', 'read', 'patch']);
    expect(memory.inPlace(KEY)).toBe('one');
  });

  it('took away its label: found by name, known by its uid, and labelled again', async () => {
    await run();
    place.sync(memory);
    place.put({ uid: 'cm-1', managed: false, trustDomain: undefined, owners: [] }, 'one');
    place.sync(memory);
    await run();
    expect(place.calls).toEqual(['create', 'create', 'read', 'patch']);
    expect(place.stored?.meta.managed).toBe(true);
  });

  it('takes it away before the answer to our write is here: it is looked for again', async () => {
    const create = place.create.bind(place);
    place.create = async (object) => {
      const meta = await create(object);
      if (place.calls.length === 1) {
        memory.heard(KEY, meta, false);
        memory.heard(KEY, place.put({ uid: meta.uid, managed: false }, object.digest), true);
      }
      return meta;
    };
    await run();
    await run();
    expect(place.calls).toEqual(['create', 'create', 'read', 'patch']);
    expect(place.stored?.meta.managed).toBe(true);
  });

  it('changes it while it is written: the write is refused, and decided anew on what is there', async () => {
    await run();
    place.sync(memory);
    target = wanted('two');
    place.put({ uid: 'cm-1' }, 'edited');
    await run();
    expect(place.calls).toEqual(['create', 'patch', 'read', 'patch']);
    expect(place.stored?.content?.digest).toBe('two');
  });

  it('has the name: told, and from then on only read', async () => {
    place.put({ managed: false, trustDomain: undefined, owners: [] }, 'theirs');
    expect(await run()).toEqual({ requeueAfter: 60_000 });
    expect(memory.blocked(KEY)?.reason).toBe('ObjectConflict');
    await run();
    expect(place.calls).toEqual(['create', 'read', 'read']);
    expect(told).toBe(1);
    place.stored = undefined;
    await run();
    expect(memory.blocked(KEY)).toBeUndefined();
    expect(memory.inPlace(KEY)).toBe('one');
  });
});

describe('a write that fails', () => {
  it.each<ErrorCode>(['ERR_KUBE_FORBIDDEN', 'ERR_KUBE_INVALID', 'ERR_KUBE_BAD_REQUEST'])(
    'with %s is for a person to mend, told once, tried again after a minute',
    async (code) => {
      place.failures.push(failure(code), failure(code));
      expect(await run()).toEqual({ requeueAfter: 60_000 });
      expect(await run()).toEqual({ requeueAfter: 60_000 });
      expect(memory.blocked(KEY)).toEqual({ reason: 'WriteRefused', message: 'no' });
      expect(told).toBe(1);
    },
  );

  it.each<ErrorCode>(['ERR_KUBE_UNAVAILABLE', 'ERR_KUBE_THROTTLED', 'ERR_KUBE_TIMEOUT'])(
    'with %s is tried again by the queue, and holds up no status',
    async (code) => {
      place.failures.push(failure(code));
      await expect(run()).rejects.toMatchObject({ code });
      expect(memory.hasLooked(KEY)).toBe(true);
      expect(memory.inPlace(KEY)).toBeUndefined();
    },
  );

  it("because the namespace goes away is nobody's trouble", async () => {
    const body = JSON.stringify({ reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    place.failures.push(statusError({ verb: 'create', resource: 'configmaps', path: '' }, 403, body));
    expect(await run()).toEqual({});
    expect(memory.blocked(KEY)).toBeUndefined();
  });
});

describe('the gate', () => {
  it('is asked before anything: a standby neither reads nor writes', async () => {
    refusal = 'standby';
    inTerm = false;
    expect(await run()).toEqual({});
    inTerm = true;
    expect(await run()).toEqual({ requeueAfter: 5000 });
    expect(place.calls).toEqual([]);
  });
  it('is asked again before the write', async () => {
    place.put({}, 'other');
    place.sync(memory);
    const read = place.read.bind(place);
    place.read = async () => {
      refusal = 'the Lease is lost';
      return read();
    };
    await expect(run()).rejects.toMatchObject({ code: 'ERR_NOT_SIGNING' });
    expect(place.calls).toEqual(['read']);
  });
});

describe('a place that', () => {
  it('nothing can be said about is left as it is', async () => {
    place.put({}, 'old');
    place.sync(memory);
    target = undefined;
    expect(await run()).toEqual({});
    expect(place.calls).toEqual([]);
  });

  it('is selected no more is cleared and forgotten', async () => {
    await run();
    place.sync(memory);
    target = { exists: true, wanted: undefined };
    await run();
    expect(place.calls).toEqual(['create', 'delete']);
    expect(memory.hasLooked(KEY)).toBe(false);
    expect(told).toBe(2);
  });
});
