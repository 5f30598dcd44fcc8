// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { RotationRequest } from '../../../../src/api/trust-domain.ts';
import type { ErrorCode } from '../../../../src/errors.ts';
import { mintSVID } from '../../../../src/pki/mint.ts';
import { MINUTE } from '../../../../src/time.ts';
import { AuthorityHarness, ISSUING, type Pause, ROOT } from '../../../support/authority-harness.ts';
import { aPropagation, aTrustDomain } from '../../../support/builders.ts';
import { anSVIDRequest } from '../../../support/test-authority.ts';

let harness: AuthorityHarness;

beforeEach(async () => {
  harness = new AuthorityHarness();
  await harness.run();
});

function ask(rotation: RotationRequest, asked: AuthorityHarness): void {
  const { status } = asked;
  const changes = status === undefined ? {} : { status };
  asked.trustDomains.set('default', aTrustDomain({ ...changes, spec: { rotation }, metadata: { generation: 2 } }));
}

describe('two controllers at once', () => {
  const writes = [`patch ${ROOT}`, `patch ${ISSUING}`, `replace ${ISSUING}`];
  const codes: readonly ErrorCode[] = ['ERR_KUBE_CONFLICT', 'ERR_KUBE_UNAVAILABLE'];
  const failures = (['RotateRoot', 'Compromise'] as const).flatMap((action) =>
    writes.flatMap((write) => codes.map((code) => [action, write, code] as const)),
  );

  it.each(failures)('end in one state: %s, after %s failed for one of them with %s', async (action, write, code) => {
    const other = new AuthorityHarness(harness.store);
    for (const each of [harness, other]) ask({ id: 'x', action }, each);
    harness.store.fail(write, code);
    await harness.run().catch(() => {});
    await other.run().catch(() => {});
    await consistent(other);
  });

  const sleeps = (['RotateRoot', 'Compromise'] as const).flatMap((action) =>
    Array.from({ length: 20 }, (_, calls) => [action, calls] as const),
  );

  it.each(sleeps)('end in one state: %s, when one of them sleeps after %i calls', async (action, calls) => {
    const other = new AuthorityHarness(harness.store);
    for (const each of [harness, other]) ask({ id: 'x', action }, each);
    const gate = sleepAfter(calls);
    const sleeper = other.run(gate);
    await gate.asleep(sleeper);
    await harness.run().catch(() => {});
    gate.wake();
    await sleeper.catch(() => {});
    await consistent(other);
  });

  const pairs = Array.from({ length: 8 }, (_, first) =>
    Array.from({ length: 8 }, (_, second) => [first + 3, second + 3]),
  );

  it.each(pairs.flat())(
    'end in one state when both take up a compromise and sleep after %i and %i calls',
    async (a = 0, b = 0) => {
      const other = new AuthorityHarness(harness.store);
      for (const each of [harness, other]) {
        each.propagation = aPropagation({ exposed: 1 });
        ask({ id: 'x', action: 'Compromise' }, each);
      }
      const [first, second] = [sleepAfter(a), sleepAfter(b)];
      const one = harness.run(first);
      await first.asleep(one);
      const two = other.run(second);
      await second.asleep(two);
      first.wake();
      await one.catch(() => {});
      second.wake();
      await two.catch(() => {});
      await consistent(other);
    },
  );
});

/** Some more runs of both, and the authority is one that signs, the same for both. */
async function consistent(other: AuthorityHarness): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    for (const each of [harness, other]) {
      await each.run().catch(() => {});
      await each.clock.advance(5 * MINUTE);
    }
  }
  const [active = [], others = []] = [harness, other].map(activeIDs);
  expect(active).toHaveLength(2);
  expect(others).toEqual(active);
  expect(harness.store.stored.get(ROOT)?.data.has(`${active[0]}.key`)).toBe(true);
  expect(harness.ready).toBe('True AuthorityReady');
  const issuer = harness.registry.get('default')?.loaded?.issuer;
  if (issuer === undefined) throw new Error('not loaded');
  expect((await mintSVID(issuer, anSVIDRequest(), harness.clock.now())).clamped).toBe(false);
}

/** The root and the intermediate that sign, as this controller has loaded them. */
function activeIDs({ registry }: AuthorityHarness): string[] {
  const slots = registry.get('default')?.loaded?.document.slots ?? [];
  const of = (kind: string) => slots.filter((slot) => slot.kind === kind && slot.state === 'Active');
  return [...of('Root'), ...of('Intermediate')].map(({ id }) => id);
}

interface Sleep extends Pause {
  /** Resolves when it sleeps, or is done. */
  asleep(run: Promise<unknown>): Promise<void>;
  wake(): void;
}

/** Stops whoever asks before each call once so many were made. */
function sleepAfter(calls: number): Sleep {
  let left = calls;
  let awake = false;
  const waiting: (() => void)[] = [];
  const { promise: stopping, resolve: stopped } = Promise.withResolvers<void>();
  return {
    before: async () => {
      left -= 1;
      if (left >= 0 || awake) return;
      stopped();
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
    asleep: (run) =>
      Promise.race([
        stopping,
        run.then(
          () => {},
          () => {},
        ),
      ]),
    wake: () => {
      awake = true;
      for (const resolve of waiting) resolve();
    },
  };
}
