// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { STACKS } from '../../../hack/peers/build.ts';
import { everyPairMet, Tally } from '../../support/handshakes/tally.ts';

const node = { pod: 'checkout-node', stack: 'node' };
const go = { pod: 'stock-go', stack: 'go' };

it('counts by pair, each direction for itself', () => {
  const tally = new Tally();
  tally.succeeded(node, go);
  tally.succeeded(node, go);
  tally.succeeded(go, node);
  tally.failedAs(failure());
  expect([tally.total, tally.successes, tally.failed]).toEqual([4, 3, 1]);
  expect(tally.among((client) => client.stack === 'node')).toEqual({ successes: 2, failures: 1 });
  expect(tally.among((_, server) => server.stack === 'node')).toEqual({ successes: 1, failures: 0 });
});

it('tells who failed with whom, why, and what each had', () => {
  const tally = new Tally();
  tally.failedAs(failure());
  expect(tally.format().split('\n')).toEqual([
    '1 handshakes, 1 failed',
    '  node -> go: 0 good, 1 failed',
    '1970-01-01T00:00:00.000Z checkout-node calls stock-go: unknown ca',
    '  the server says: no certificate',
    '  the client had  v1: leaf by a',
    '  the server had  v2: leaf by b',
  ]);
});

it('counts on when it keeps no more failures', () => {
  const tally = new Tally();
  for (let index = 0; index < 1200; index += 1) tally.failedAs(failure());
  expect([tally.failed, tally.failures.length]).toEqual([1200, 1000]);
});

it('knows when every stack has called every stack', () => {
  const tally = new Tally();
  for (const one of STACKS) {
    for (const other of STACKS) {
      expect(everyPairMet(tally)).toBe(false);
      tally.succeeded({ pod: one, stack: one }, { pod: other, stack: other });
    }
  }
  expect(everyPairMet(tally)).toBe(true);
});

function failure() {
  return {
    at: 0,
    client: { ...node, states: ['v1: leaf by a'] },
    server: { ...go, states: ['v2: leaf by b'] },
    error: 'unknown ca',
    refusals: ['no certificate'],
  };
}
