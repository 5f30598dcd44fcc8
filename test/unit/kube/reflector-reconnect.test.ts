// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { contentsOf, reflectorBench, sorted } from './reflector-bench.ts';
import { closeAll } from './transport-bench.ts';

afterEach(closeAll);

describe('a network that is known to have failed', () => {
  it('has the watch go on at once on another connection, from the last version', async () => {
    const { model, disconnects, events, asked, reflector } = await reflectorBench();
    model.put('x', '1');
    reflector.start();
    await reflector.whenSynced();
    events.length = 0;
    const { version } = model;
    reflector.reconnect();
    await expect.poll(asked).toEqual(['initial', `watch ${version}`]);
    model.put('x', '2');
    await expect.poll(() => contentsOf(reflector)).toEqual(sorted(model.contents()));
    expect(events).toEqual(['updated a/x']);
    expect(disconnects).toEqual([]);
  });

  it('leaves a cache alone that is not complete yet', async () => {
    const { model, reflector, asked } = await reflectorBench();
    model.put('x', '1');
    reflector.start();
    reflector.reconnect();
    await reflector.whenSynced();
    expect(asked()).toEqual(['initial']);
  });
});
