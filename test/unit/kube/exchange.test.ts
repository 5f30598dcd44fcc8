// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import { Cancellation } from '../../../src/kube/cancellation.ts';
import { exchange, type Outcome } from '../../../src/kube/exchange.ts';
import { MINUTE } from '../../../src/time.ts';

/** A dispatcher that answers 200 with these chunks, and then ends as it is told. */
function answering(chunks: readonly Buffer[], end: (handler: Dispatcher.DispatchHandler) => void): Dispatcher {
  const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler): boolean => {
    handler.onRequestStart?.(controller, undefined);
    handler.onResponseStart?.(controller, 200, {}, 'OK');
    for (const chunk of chunks) handler.onResponseData?.(controller, chunk);
    end(handler);
    return true;
  };
  return { dispatch } as unknown as Dispatcher;
}

async function outcomeOf(dispatcher: Dispatcher, signal?: AbortSignal, permit?: () => void): Promise<Outcome> {
  const cancellation = Cancellation.start(systemClock, MINUTE, signal);
  const request = { method: 'GET', path: '/', headers: [], body: null, permit };
  return exchange(dispatcher, request, cancellation, systemClock).finally(() => cancellation.dispose());
}

const isWiped = (chunk: Buffer): boolean => chunk.every((octet) => octet === 0);

const chunks = (): Buffer[] => [Buffer.from('-----BEGIN'), Buffer.from(' PRIVATE KEY-----')];

describe('what came of a body', () => {
  it('is in one Buffer only, and its pieces are wiped', async () => {
    const pieces = chunks();
    const dispatcher = answering(pieces, (handler) => handler.onResponseEnd?.({} as Dispatcher.DispatchController, {}));
    const outcome = await outcomeOf(dispatcher);
    expect(outcome.kind === 'answer' && outcome.body.toString()).toBe('-----BEGIN PRIVATE KEY-----');
    expect(pieces.every(isWiped)).toBe(true);
  });

  it('is wiped when the answer breaks off', async () => {
    const pieces = chunks();
    const dispatcher = answering(pieces, (handler) =>
      handler.onResponseError?.({} as Dispatcher.DispatchController, new Error('reset')),
    );
    expect((await outcomeOf(dispatcher)).kind).toBe('failure');
    expect(pieces.every(isWiped)).toBe(true);
  });

  it('is wiped when the caller gives up', async () => {
    const pieces = chunks();
    const abort = new AbortController();
    const outcome = outcomeOf(
      answering(pieces, () => undefined),
      abort.signal,
    );
    abort.abort();
    expect(await outcome).toMatchObject({ kind: 'failure', sent: true });
    expect(pieces.every(isWiped)).toBe(true);
  });
});

it('is not sent where its permit was withdrawn while it waited for a connection', async () => {
  const refusal = new Error('the Lease is lost');
  const thrown: unknown[] = [];
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler): boolean => {
    try {
      handler.onRequestStart?.({} as Dispatcher.DispatchController, undefined);
    } catch (error) {
      thrown.push(error);
    }
    return true;
  };
  const outcome = await outcomeOf({ dispatch } as unknown as Dispatcher, undefined, () => {
    throw refusal;
  });
  expect(outcome).toEqual({ kind: 'failure', error: refusal, sent: false, silence: 0 });
  expect(thrown).toEqual([refusal]);
});
