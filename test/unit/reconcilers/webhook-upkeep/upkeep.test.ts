// SPDX-License-Identifier: Apache-2.0
/**
 * What the controller knows of its configurations, from its watches; and what a look that was under
 * way when the Lease was lost tells: nothing.
 * @module
 */
import { expect, it } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import type { KubeRequest, StreamSink, Transport } from '../../../../src/kube/transport.ts';
import type { Probed } from '../../../../src/reconcilers/webhook-upkeep/probe.ts';
import { createWebhookUpkeep } from '../../../../src/reconcilers/webhook-upkeep/upkeep.ts';
import { SECOND } from '../../../../src/time.ts';
import { ManualClock, settle } from '../../../support/manual-clock.ts';

function never(): Promise<never> {
  return Promise.reject(new Error('never called'));
}

/** As an API server that asks no webhook. */
function admitting({ resource }: KubeRequest): Promise<never> {
  const code = resource === 'trustdomains' ? 'ERR_KUBE_ALREADY_EXISTS' : 'ERR_KUBE_NOT_FOUND';
  return Promise.reject(new SignetError(code, 'there, or not'));
}

/** The webhook's upkeep over watches that bring what the test says. */
function world(configurations: readonly string[], request: (request: KubeRequest) => Promise<never> = never) {
  let version = 0;
  const gate = { refusal: (): string | undefined => 'a standby' };
  const told: string[] = [];
  const probes: Probed[] = [];
  const sinks = new Map<string, StreamSink>();
  const transport: Transport = {
    request,
    requestBytes: request,
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
    gate: { refusal: () => gate.refusal() },
    onChange: () => void changes.push(upkeep.podsUnasked),
    observer: {
      reflectors: {},
      webhook: {
        step: () => undefined,
        bundleWritten: () => undefined,
        blocked: () => undefined,
        looked: () => told.push('looked'),
        probed: (probed) => {
          told.push('probed');
          probes.push(probed);
        },
      },
      controller: () => ({ started: () => undefined, finished: () => undefined }),
      queue: () => ({ added: () => undefined, retried: () => undefined, waited: () => undefined }),
    },
  });
  const [watches, work] = upkeep.runnables;
  const send = async (name: string, type: string, metadata: object): Promise<void> => {
    const line = { type, object: { kind: 'x', metadata: { resourceVersion: String((version += 1)), ...metadata } } };
    sinks.get(`metadata.name=${name}`)?.chunk(Buffer.from(`${JSON.stringify(line)}\n`));
    await settle();
  };
  return {
    upkeep,
    changes,
    gate,
    told,
    probes,
    work,
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

it('says of a probe that was admitted that its configuration is not there', async () => {
  const { upkeep, gate, probes, work, start, stop, listed, put } = world(['own'], admitting);
  gate.refusal = () => undefined;
  await start();
  await work?.start(() => undefined);
  const probe = async (): Promise<Probed | undefined> => {
    upkeep.enqueueAll();
    await settle();
    return probes.at(-1);
  };
  expect(await probe()).toEqual({ result: 'Admitted' });
  await listed('own');
  expect(await probe()).toEqual({
    result: 'Admitted',
    detail: 'the ValidatingWebhookConfiguration own is not in the cluster; apply it',
  });
  await put('own');
  expect(await probe()).toEqual({ result: 'Admitted' });
  await work?.stop?.();
  await stop();
});

it.each([
  ['still', undefined, ['looked', 'probed']],
  ['no longer', 'this replica does not hold the Lease', []],
] as const)(
  'tells what it was looking for where it %s holds the Lease when the answer comes',
  async (_, lost, expected) => {
    const answer = Promise.withResolvers<void>();
    const asked: string[] = [];
    const { upkeep, gate, told, work } = world(['own'], async ({ resource }) => {
      asked.push(resource);
      await answer.promise;
      throw new SignetError(resource === 'secrets' ? 'ERR_KUBE_NOT_FOUND' : 'ERR_KUBE_FORBIDDEN', 'refused');
    });
    gate.refusal = () => undefined;
    await work?.start(() => undefined);
    upkeep.enqueueAll();
    await settle();
    expect(asked.toSorted()).toEqual(['secrets', 'trustdomains']);
    gate.refusal = () => lost;
    answer.resolve();
    await settle();
    expect(told.toSorted()).toEqual(expected);
    await work?.stop?.();
  },
);
