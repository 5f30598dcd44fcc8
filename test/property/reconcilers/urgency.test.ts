// SPDX-License-Identifier: Apache-2.0
/**
 * Who is served first, whatever is asked for and however long each issuance takes: an SVID that is about to end; then in
 * turn who has none and what has time left; and of those without one, each namespace in turn.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Clock } from '../../../src/controller/clock.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { Shares } from '../../../src/reconcilers/service-identity/shares.ts';
import { urgencyOf } from '../../../src/reconcilers/service-identity/urgency.ts';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../../src/spiffe/svid.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../../../src/time.ts';
import { aServiceIdentity } from '../../support/builders.ts';

interface Asked {
  readonly namespace: string;
  readonly notAfter: Instant | undefined;
  readonly algorithm: KeyAlgorithm;
  readonly at: Instant;
}

/** A signer that issues one after the other. */
class Signer {
  now: Instant = Date.UTC(2026, 0, 1);
  readonly waiting = new Map<string, Asked>();
  readonly #shares: Shares;
  readonly #queue: WorkQueue;
  #names = 0;

  constructor() {
    const clock: Clock = { now: () => this.now, monotonic: () => this.now, after: () => () => undefined };
    this.#shares = new Shares(clock);
    this.#queue = new WorkQueue({
      clock,
      urgencyOf: (key) => {
        const { namespace, notAfter, algorithm } = this.asked(key);
        const metadata = { namespace, name: key, uid: key };
        const identity = aServiceIdentity({ metadata, spec: { privateKey: { algorithm } } });
        return urgencyOf(key, { now: this.now, notAfter, identity }, this.#shares);
      },
    });
  }

  asked(key: string): Asked {
    const asked = this.waiting.get(key);
    if (asked === undefined) throw new Error(`${key} does not wait`);
    return asked;
  }

  /** `left`: of the SVID it has. */
  ask(namespace: string, left: Duration | undefined, algorithm: KeyAlgorithm = 'ECDSA-P256'): string {
    const key = `${namespace}/${this.#names++}`;
    const notAfter = left === undefined ? undefined : this.now + left;
    this.waiting.set(key, { namespace, notAfter, algorithm, at: this.now });
    this.#queue.add(key);
    return key;
  }

  /** The next key, once its SVID is stored; `judge` sees it before. */
  async serve(takes: Duration, judge: (asked: Asked) => void = () => undefined): Promise<string> {
    const key = (await this.#queue.next()) ?? '';
    judge(this.asked(key));
    this.waiting.delete(key);
    this.now += takes;
    this.#queue.done(key);
    this.#shares.served(key);
    return key;
  }
}

function isNew({ notAfter, at }: Asked): boolean {
  return notAfter === undefined || notAfter <= at;
}

const HEAD_START = 10 * MINUTE;

it('serves SVIDs that are about to end before all others, and takes turns between new ones and what has time', async () => {
  const wave = fc.record({
    namespace: fc.constantFrom('a', 'b', 'c', 'd'),
    count: fc.integer({ min: 1, max: 12 }),
    left: fc.option(fc.integer({ min: -5, max: 40 }), { nil: undefined, freq: 2 }),
    algorithm: fc.constantFrom(...KEY_ALGORITHMS),
    servedBefore: fc.nat(8),
  });
  const takes = fc.infiniteStream(fc.constantFrom(1, 20, SECOND, 20 * SECOND, 2 * MINUTE));
  await fc.assert(
    fc.asyncProperty(fc.array(wave, { minLength: 1, maxLength: 12 }), takes, async (waves, takes) => {
      const signer = new Signer();
      let before: Asked | undefined;
      const judge = (served: Asked) => {
        const all = [...signer.waiting.values()];
        const ends = (asked: Asked) => (isNew(asked) ? Number.POSITIVE_INFINITY : (asked.notAfter ?? 0));
        const soonest = Math.min(...all.map(ends));
        if (soonest <= signer.now + HEAD_START || !isNew(served)) expect(ends(served)).toBe(soonest);
        else if (before !== undefined && all.some((asked) => !isNew(asked))) expect(isNew(before)).toBe(false);
        if (soonest > signer.now + HEAD_START && !isNew(served) && all.some(isNew)) {
          expect(before !== undefined && isNew(before)).toBe(true);
        }
        before = served;
      };
      const serve = () => signer.serve(takes.next().value, judge);
      for (const { namespace, count, left, algorithm, servedBefore } of waves) {
        for (let nth = 0; nth < servedBefore && signer.waiting.size > 0; nth += 1) await serve();
        // Ends differ, so that one is soonest.
        const ms = () => (left === undefined ? undefined : left * MINUTE + signer.waiting.size);
        for (let nth = 0; nth < count; nth += 1) signer.ask(namespace, ms(), algorithm);
      }
      while (signer.waiting.size > 0) await serve();
    }),
    { numRuns: 500 },
  );
});

it('serves at most one of each other namespace before the first of one that asks late', async () => {
  const flood = fc.record({
    namespaces: fc.integer({ min: 1, max: 12 }),
    each: fc.integer({ min: 1, max: 12 }),
    algorithm: fc.constantFrom(...KEY_ALGORITHMS),
    takes: fc.constantFrom(1, 20, SECOND, 20 * SECOND),
    servedBefore: fc.nat(100),
  });
  await fc.assert(
    fc.asyncProperty(flood, async ({ namespaces, each, algorithm, takes, servedBefore }) => {
      const signer = new Signer();
      for (let tenant = 0; tenant < namespaces; tenant += 1) {
        for (let nth = 0; nth < each; nth += 1) signer.ask(`tenant-${tenant}`, undefined, algorithm);
      }
      for (let nth = 0; nth < servedBefore && signer.waiting.size > 0; nth += 1) await signer.serve(takes);
      const late = signer.ask('shop', undefined);
      const before: string[] = [];
      for (let key = await signer.serve(takes); key !== late; key = await signer.serve(takes)) before.push(key);
      const tenants = before.map((key) => key.split('/')[0]);
      expect(new Set(tenants).size).toBe(tenants.length);
    }),
    { numRuns: 200 },
  );
});
