// SPDX-License-Identifier: Apache-2.0
/** @module One cache of several watches is complete when all of them are, and reads as one. */
import { afterEach, expect, it } from 'vitest';
import { type Collection, collect } from '../../../src/kube/reflector-group.ts';
import { MINUTE } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ModelCollection } from './model-collection.ts';
import { valueOf } from './reflector-bench.ts';
import { answer } from './scripted-server.ts';
import { closeAll, opened, transportTo } from './transport-bench.ts';

afterEach(closeAll);

const THINGS = { group: 'test', version: 'v1', plural: 'things', namespaced: true };

interface Bench {
  readonly models: readonly [ModelCollection, ModelCollection];
  readonly group: Collection<string>;
  readonly events: string[];
  readonly listed: (string | undefined)[];
  readonly gone: Set<string>;
  readonly problems: string[];
  readonly disconnected: string[];
  readonly clock: ManualClock;
}

/** Namespaces a and b, each served by a collection of its own behind one address. */
async function bench(indispensable = ''): Promise<Bench> {
  const [a, b] = [await ModelCollection.start('a'), await ModelCollection.start('b')];
  for (const model of [a, b]) opened(model.server);
  a.fault = (request, response) => {
    if (!request.url.pathname.startsWith('/apis/test/v1/namespaces/b/')) return false;
    b.serve(request, response);
    return true;
  };
  const clock = new ManualClock();
  const events: string[] = [];
  const listed: (string | undefined)[] = [];
  const gone = new Set<string>();
  const problems: string[] = [];
  const disconnected: string[] = [];
  const options = {
    transport: transportTo({ cluster: a.server.cluster(), clock }),
    clock,
    resource: THINGS,
    random: () => 0,
    project: valueOf,
    onEvent: (kind: string, key: string) => void events.push(`${kind} ${key}`),
    observer: {
      onListed: (_name: string, _size: number, namespace?: string) => void listed.push(namespace),
      onDisconnected: (name: string) => void disconnected.push(name),
      onProblem: (_name: string, error: unknown) => void problems.push(String(error)),
    },
  };
  const group = collect<string>(options, { namespaces: ['a', 'b'], isGone: (name) => gone.has(name), indispensable });
  opened({ close: () => group.stop() });
  return { models: [a, b], group, events, listed, gone, problems, disconnected, clock };
}

function forbid(model: ModelCollection): void {
  model.fault = (_request, response) => {
    answer(response, 403, { kind: 'Status', code: 403, reason: 'Forbidden', message: 'not yours' });
    return true;
  };
}

it('is complete without a namespace that is gone, which takes the right to watch it along', async () => {
  const { models, group, gone } = await bench();
  models[0].put('x', '1');
  forbid(models[1]);
  gone.add('b');
  group.start();
  expect(await group.whenSynced()).toBe(true);
  expect(group.hasSynced).toBe(true);
  expect([...group.keys()]).toEqual(['a/x']);
  gone.delete('b');
  expect(group.hasSynced).toBe(false);
});

it('is complete without a namespace where watching is forbidden, which is told once and tried again', async () => {
  const { models, group, problems, clock } = await bench();
  models[0].put('x', '1');
  forbid(models[1]);
  group.start();
  expect(await group.whenSynced()).toBe(true);
  expect([...group.keys()]).toEqual(['a/x']);
  for (let tries = 0; tries < 3; tries += 1) await clock.advance(MINUTE);
  expect(problems).toEqual([expect.stringContaining('watching things in namespace b is forbidden')]);
  expect(group.lastActivity()).toBeGreaterThanOrEqual(0);
  models[1].put('y', '2');
  models[1].fault = undefined;
  await expect
    .poll(async () => {
      await clock.advance(MINUTE);
      return [...group.keys()];
    })
    .toEqual(['a/x', 'b/y']);
});

it('waits for one that it cannot do without, and not for one that goes while it waits', async () => {
  const { models, group, gone, disconnected, clock } = await bench('b');
  forbid(models[1]);
  group.start();
  const synced = group.whenSynced();
  await expect.poll(() => disconnected.length).toBeGreaterThan(0);
  expect(group.hasSynced).toBe(false);
  gone.add('b');
  await clock.advance(MINUTE);
  expect(await synced).toBe(true);
});

it('is complete when every part is, and says which part was', async () => {
  const { models, group, listed } = await bench('b');
  forbid(models[1]);
  group.start();
  await expect.poll(() => listed).toEqual(['a']);
  expect(group.hasSynced).toBe(false);
  const synced = group.whenSynced();
  await group.stop();
  expect(await synced).toBe(false);
});

it('reads as one cache, and hears of changes in all parts', async () => {
  const { models, group, events, listed } = await bench();
  models[0].put('x', '1');
  models[1].put('x', '2');
  group.start();
  expect(await group.whenSynced()).toBe(true);
  expect(group.hasSynced).toBe(true);
  expect(new Set(listed)).toEqual(new Set(['a', 'b']));
  expect([group.get('a/x'), group.get('b/x'), group.get('c/x')]).toEqual(['1', '2', undefined]);
  expect([...group.keys()].sort()).toEqual(['a/x', 'b/x']);
  expect([...group.values()].sort()).toEqual(['1', '2']);
  expect([group.size, group.name]).toEqual([2, 'things']);
  models[1].put('y', '3');
  models[0].delete('x');
  await expect.poll(() => [...group.keys()].sort()).toEqual(['b/x', 'b/y']);
  expect(events.slice(2).sort()).toEqual(['added b/y', 'deleted a/x']);
});
