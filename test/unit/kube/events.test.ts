// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { type EventRecord, EventRecorder } from '../../../src/kube/events.ts';
import type { KubeRequest, Transport } from '../../../src/kube/transport.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

interface Sent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly note: string;
}

interface Bench {
  readonly clock: ManualClock;
  readonly recorder: EventRecorder;
  readonly requests: KubeRequest[];
  readonly counts: { sent: number; dropped: number };
  readonly refused: unknown[];
  readonly work: { waits: boolean };
}

function aRecorder(answer: (attempt: number) => Promise<unknown> = () => Promise.resolve({})): Bench {
  const clock = new ManualClock();
  const requests: KubeRequest[] = [];
  const counts = { sent: 0, dropped: 0 };
  const refused: unknown[] = [];
  const work = { waits: false };
  const transport: Transport = {
    request: <T>(request: KubeRequest) => {
      requests.push(request);
      return answer(requests.length) as Promise<T>;
    },
    requestBytes: () => Promise.reject(new Error('not here')),
    stream: () => Promise.reject(new Error('not here')),
    close: () => Promise.resolve(),
  };
  const recorder = new EventRecorder({
    transport,
    clock,
    instance: 'signet-0',
    busy: () => work.waits,
    onSent: () => counts.sent++,
    onDropped: (error) => {
      counts.dropped += 1;
      if (error !== undefined) refused.push(error);
    },
  });
  return { clock, recorder, requests, counts, refused, work };
}

function anEvent(more: Partial<EventRecord> = {}): EventRecord {
  const regarding = {
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'ServiceIdentity',
    namespace: 'shop',
    name: 'checkout',
    uid: 'u1',
  };
  return { regarding, type: 'Normal', reason: 'Issued', action: 'Issue', note: 'Issued the first SVID', ...more };
}

it('sends an events.k8s.io/v1 Event in the namespace of its object', async () => {
  const { recorder, requests, counts } = aRecorder();
  recorder.record(anEvent());
  await settle();
  expect(counts).toEqual({ sent: 1, dropped: 0 });
  expect(requests[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/shop/events');
  expect(requests[0]?.body).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^checkout\.[0-9a-f]{16}$/) as string, namespace: 'shop' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'signet.dev/controller',
    reportingInstance: 'signet-0',
    type: 'Normal',
    reason: 'Issued',
    action: 'Issue',
    note: 'Issued the first SVID',
    regarding: anEvent().regarding,
  });
});

it('puts events of cluster-scoped objects into the default namespace, and keeps the bounds of the API', async () => {
  const { recorder, requests } = aRecorder();
  const regarding = { apiVersion: 'signet.dev/v1alpha1', kind: 'TrustDomain', name: 'x'.repeat(253), uid: 'u1' };
  recorder.record(anEvent({ regarding, note: 'ä'.repeat(2000) }));
  await settle();
  const sent = requests[0]?.body as Sent;
  expect(sent.metadata.namespace).toBe('default');
  expect(sent.metadata.name.length).toBe(253);
  expect(Buffer.byteLength(sent.note)).toBeLessThanOrEqual(1024);
  expect(sent.note).toMatch(/^ä+…$/);
});

it('drops under load and counts what it dropped', async () => {
  const { clock, recorder, requests, counts } = aRecorder();
  for (let i = 0; i < 1000; i++) {
    recorder.record(anEvent());
  }
  expect(counts.dropped).toBeGreaterThan(900);
  await clock.advance(SECOND / 2);
  expect(requests.length).toBeLessThanOrEqual(16);
  await clock.advance(MINUTE);
  expect(counts.sent + counts.dropped).toBe(1000);
  expect(clock.timers).toBe(0);
});

it('sends one burst at once and no more than two a second after it', async () => {
  const { clock, recorder, requests } = aRecorder();
  for (let i = 0; i < 60; i++) {
    recorder.record(anEvent({ type: 'Warning' }));
  }
  await clock.advance(0);
  expect(requests.length).toBe(10);
  await clock.advance(2 * SECOND);
  expect(requests.length).toBe(14);
});

it('keeps the queue free of good news where trouble may follow', async () => {
  const { clock, recorder, requests, counts } = aRecorder();
  for (let i = 0; i < 60; i++) {
    recorder.record(anEvent({ patient: true }));
  }
  expect(counts.dropped).toBe(49);
  recorder.record(anEvent({ type: 'Warning', note: 'trouble' }));
  await clock.advance(MINUTE);
  expect(requests.at(-1)?.body).toMatchObject({ note: 'trouble' });
});

it('lets good news wait while work does, and trouble pass it', async () => {
  const { recorder, clock, requests, counts, work } = aRecorder();
  work.waits = true;
  recorder.record(anEvent({ note: 'news', patient: true }));
  await clock.advance(SECOND);
  recorder.record(anEvent({ type: 'Warning', note: 'trouble' }));
  await clock.advance(SECOND);
  const notes = (): string[] => requests.map(({ body }) => (body as Sent).note);
  expect(notes()).toEqual(['trouble']);
  work.waits = false;
  await clock.advance(SECOND);
  expect(notes()).toEqual(['trouble', 'news']);
  expect(counts).toEqual({ sent: 2, dropped: 0 });
  expect(clock.timers).toBe(0);
});

it('drops news that waits for work when it stops', async () => {
  const { recorder, counts, work, clock } = aRecorder();
  work.waits = true;
  recorder.record(anEvent({ patient: true }));
  await recorder.stop();
  expect(counts).toEqual({ sent: 0, dropped: 1 });
  expect(clock.timers).toBe(0);
});

it('tries once more after a passing failure, and not again', async () => {
  const error = new SignetError('ERR_KUBE_THROTTLED', 'too many requests', { retryAfter: 3 * SECOND });
  const { clock, recorder, requests, counts } = aRecorder(() => Promise.reject(error));
  recorder.record(anEvent());
  await clock.advance(3 * SECOND - 1);
  expect(requests.length).toBe(1);
  await clock.advance(MINUTE);
  expect(requests.length).toBe(2);
  expect(requests[0]?.body).toEqual(requests[1]?.body);
  expect(counts).toEqual({ sent: 0, dropped: 1 });
});

it('does not try again where it cannot help', async () => {
  const { clock, recorder, requests, counts } = aRecorder(() =>
    Promise.reject(new SignetError('ERR_KUBE_FORBIDDEN', 'no')),
  );
  recorder.record(anEvent());
  await clock.advance(MINUTE);
  expect(requests.length).toBe(1);
  expect(counts.dropped).toBe(1);
});

it('says why the API server refuses events: nothing else would', async () => {
  const missing = new SignetError('ERR_KUBE_FORBIDDEN', 'create events: no right');
  const { clock, recorder, refused } = aRecorder(() => Promise.reject(missing));
  recorder.record(anEvent());
  await clock.advance(MINUTE);
  expect(refused).toEqual([missing]);
});

it.each([
  ['ends', 'ERR_KUBE_FORBIDDEN', { status: 403, reason: 'Forbidden', causes: ['NamespaceTerminating'] }],
  ['is gone', 'ERR_KUBE_NOT_FOUND', { status: 404, reason: 'NotFound', causes: [] }],
] as const)(
  'says nothing of an event for a namespace that %s, or that is cut off by its own end',
  async (_, code, cause) => {
    const ending = new SignetError(code, 'no such place', { cause });
    const { clock, recorder, counts, refused } = aRecorder((attempt) =>
      attempt === 1 ? Promise.reject(ending) : Promise.reject(new SignetError('ERR_KUBE_UNAVAILABLE', 'refused')),
    );
    recorder.record(anEvent());
    recorder.record(anEvent());
    await clock.advance(0);
    await recorder.stop();
    expect(counts).toEqual({ sent: 0, dropped: 2 });
    expect(refused).toEqual([]);
    expect(clock.timers).toBe(0);
  },
);

it('takes a second try that finds its event as success', async () => {
  const { clock, recorder, counts } = aRecorder((attempt) =>
    Promise.reject(new SignetError(attempt === 1 ? 'ERR_KUBE_TIMEOUT' : 'ERR_KUBE_ALREADY_EXISTS', 'x')),
  );
  recorder.record(anEvent());
  await clock.advance(MINUTE);
  expect(counts).toEqual({ sent: 1, dropped: 0 });
});

it('goes on after a failure of any kind', async () => {
  const { clock, recorder, counts } = aRecorder((attempt) =>
    attempt === 1 ? Promise.reject(new TypeError('broken')) : Promise.resolve({}),
  );
  recorder.record(anEvent());
  recorder.record(anEvent());
  await clock.advance(MINUTE);
  expect(counts).toEqual({ sent: 1, dropped: 1 });
});

it('drops what waits when it stops, also in the middle of a wait', async () => {
  const { clock, recorder, counts } = aRecorder();
  for (let i = 0; i < 30; i++) {
    recorder.record(anEvent());
  }
  await clock.advance(0);
  await recorder.stop();
  recorder.record(anEvent());
  expect(counts).toEqual({ sent: 10, dropped: 21 });
  expect(clock.timers).toBe(0);
});
