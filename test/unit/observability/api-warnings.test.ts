// SPDX-License-Identifier: Apache-2.0
/** @module What the API server warns of is in the log, and does not fill it. */
import { expect, it } from 'vitest';
import { warningLog } from '../../../src/observability/api-warnings.ts';
import { HOUR } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const CALL = { verb: 'update', resource: 'serviceidentities' };
const LOST = 'unknown field "status.notAfter"';

function telling() {
  const lines: unknown[] = [];
  const clock = new ManualClock();
  return { lines, clock, tell: warningLog({ warn: (_, fields) => void lines.push(fields) }, clock) };
}

it('says each once an hour', async () => {
  const { lines, clock, tell } = telling();
  tell(CALL, LOST);
  tell(CALL, LOST);
  tell({ ...CALL, resource: 'trustdomains' }, LOST);
  expect(lines).toEqual([
    { ...CALL, detail: LOST },
    { verb: 'update', resource: 'trustdomains', detail: LOST },
  ]);
  await clock.advance(HOUR);
  tell(CALL, LOST);
  expect(lines).toHaveLength(3);
});

it('says no more than so many within an hour, and others after it', async () => {
  const { lines, clock, tell } = telling();
  for (let i = 0; i < 1000; i += 1) tell(CALL, `warning ${i}`);
  expect(lines).toHaveLength(100);
  await clock.advance(HOUR);
  tell(CALL, LOST);
  expect(lines.at(-1)).toEqual({ ...CALL, detail: LOST });
});
