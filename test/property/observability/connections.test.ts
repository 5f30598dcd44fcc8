// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Connection, Connections } from '../../../src/observability/connections.ts';

const MAX = 4;

class Held implements Connection {
  readonly remoteAddress: string | undefined;
  open = true;
  #closed: () => void = () => undefined;

  constructor(remoteAddress: string | undefined) {
    this.remoteAddress = remoteAddress;
  }
  once(_: 'close', listener: () => void): void {
    this.#closed = listener;
  }
  /** Sockets tell that they are closed a moment later; here it is told at once. */
  destroy(): void {
    this.open = false;
    this.#closed();
  }
}

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', undefined);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('connects' as const), address }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leaves' as const), index: fc.nat(20) }) },
);

it('holds as many as may be, and nobody is turned away for one who has more', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const connections = new Connections<Held>(MAX);
      let open: Held[] = [];
      const of = (one: string | undefined) => open.filter(({ remoteAddress }) => remoteAddress === one).length;
      for (const it of steps) {
        if (it.kind === 'leaves') open[it.index]?.destroy();
        else {
          const newcomer = new Held(it.address);
          const before = open.length;
          const [own, most] = [of(it.address), Math.max(0, ...open.map(({ remoteAddress }) => of(remoteAddress)))];
          connections.take(newcomer);
          expect(newcomer.open).toBe(before < MAX || own < most);
          const ended = open.filter((held) => !held.open);
          expect(ended.length).toBe(before === MAX && own < most ? 1 : 0);
          // Who has the most loses the oldest.
          for (const { remoteAddress } of ended) expect(of(remoteAddress)).toBe(most);
          for (const held of ended)
            expect(open.find(({ remoteAddress }) => remoteAddress === held.remoteAddress)).toBe(held);
          open.push(newcomer);
        }
        open = open.filter((held) => held.open);
        expect(open.length).toBeLessThanOrEqual(MAX);
      }
    }),
  );
});
