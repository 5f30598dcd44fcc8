// SPDX-License-Identifier: Apache-2.0
/**
 * What the controller knows of the configuration that asks about Pods, from its watches.
 * @module
 */
import { expect, it } from 'vitest';
import type { StreamSink, Transport } from '../../../../src/kube/transport.ts';
import { createWebhookUpkeep } from '../../../../src/reconcilers/webhook/upkeep.ts';
import { SECOND } from '../../../../src/time.ts';
import { ManualClock, settle } from '../../../support/manual-clock.ts';

function never(): Promise<never> {
  return Promise.reject(new Error('never called'));
}

/** The webhook's upkeep over watches that bring what the test says. */
function world(configurations: readonly string[]) {
  let version = 0;
  const sinks = new Map<string, StreamSink>();
  const transport: Transport = {
    request: never,
    requestBytes: never,
    close: never,
    stream: ({ query = {}, signal }, sink) => {
      sinks.set(query['fieldSelector'] ?? '', sink);
      sink.open?.();
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve());
      });
    },
  };
  const changes: (string | undefined)[] = [];
  const upkeep = createWebhookUpkeep({
    transport,
    clock: new ManualClock(),
    namespace: 'signet-system',
    settings: {
      configurations,
      secretName: 's',
      dnsNames: [],
      lifetime: 60 * SECOND,
      uptake: SECOND,
      probeInterval: 60 * SECOND,
    },
    gate: { refusal: () => 'a standby' },
    onChange: () => void changes.push(upkeep.podsUnasked),
    observer: {
      reflectors: {},
      webhook: {
        step: () => undefined,
        bundleWritten: () => undefined,
        blocked: () => undefined,
        looked: () => undefined,
        probed: () => undefined,
      },
      controller: () => ({ started: () => undefined, finished: () => undefined }),
      queue: () => ({ added: () => undefined, retried: () => undefined, waited: () => undefined }),
    },
  });
  const [watches] = upkeep.runnables;
  const send = async (name: string, type: string, metadata: object): Promise<void> => {
    const line = { type, object: { kind: 'x', metadata: { resourceVersion: String((version += 1)), ...metadata } } };
    sinks.get(`metadata.name=${name}`)?.chunk(Buffer.from(`${JSON.stringify(line)}\n`));
    await settle();
  };
  return {
    upkeep,
    changes,
    start: async () => {
      await watches?.start(() => undefined);
      await settle();
    },
    stop: () => watches?.stop?.(),
    put: (name: string, type = 'ADDED') => send(name, type, { name, uid: 'u' }),
    listed: (name: string) => send(name, 'BOOKMARK', { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  };
}

it('says nothing before it knows, and tells of each change of what is there', async () => {
  const { upkeep, changes, start, stop, put, listed } = world(['own', 'pods']);
  await start();
  expect(upkeep.podsUnasked).toBeUndefined();
  await listed('own');
  expect(changes).toEqual([]);
  await listed('pods');
  expect(changes).toEqual([expect.stringContaining('pods, which asks about Pods, is not in the cluster; apply it')]);
  await put('own');
  await put('pods');
  expect(changes.slice(1)).toEqual([undefined]);
  await put('pods', 'MODIFIED');
  expect(changes).toHaveLength(2);
  await put('pods', 'DELETED');
  expect(changes[2]).toContain('is not in the cluster');
  await stop();
});

it('knows from the start where none is configured', () => {
  const { upkeep } = world(['own']);
  expect(upkeep.podsUnasked).toContain('name it second in --webhook-configurations');
});
