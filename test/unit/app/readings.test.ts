// SPDX-License-Identifier: Apache-2.0
/** @module What a scrape reads off the running app, where status is not what is stored. */
import { expect, it, vi } from 'vitest';
import { metricSources } from '../../../src/app/readings.ts';
import { SECOND } from '../../../src/time.ts';
import { isIssued, MemoryApp } from './memory-app.ts';

const PROCESS = { residentBytes: 0, heapUsedBytes: 0, cpu: 0, startedAt: 0 };

it('counts an SVID that was renewed as current, although its status could not be written', async () => {
  const world = new MemoryApp();
  world.identity('checkout');
  const { app, skew } = world.start();
  const { status } = await world.until('checkout', isIssued);
  const { clock } = world;
  const sources = metricSources(app, { skew, clock, readProcess: () => PROCESS, identityLimit: 0 });
  const counted = (): string[] =>
    (sources.identities?.().svids ?? []).filter(({ count }) => count > 0).map(({ validity }) => validity);
  expect(counted()).toEqual(['current']);

  world.api.forbids = ({ path }) => path.endsWith('/serviceidentities/checkout/status');
  const ends = Date.parse(status?.notAfter ?? '');
  while (clock.now() <= ends) await clock.advance(30 * SECOND);
  await vi.waitFor(() => expect(counted()).toEqual(['current']), { timeout: 5 * SECOND, interval: 5 });
  expect(world.stored('checkout').status).toEqual(status);
});
