// SPDX-License-Identifier: Apache-2.0
/**
 * Events for people, sent in the background: a short queue, a modest rate, one retry. Those of which there
 * may be thousands wait until no work does. Under load they are dropped and counted, because nothing depends on them.
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../controller/clock.ts';
import { isSignetError, SignetError } from '../errors.ts';
import { type Pace, paced, pacedUntil, type Rate, UNPACED } from '../rates/pacing.ts';
import { type Duration, type Instant, SECOND } from '../time.ts';
import { kubeStatus } from './kube-error.ts';
import { microTime } from './micro-time.ts';
import { createObject } from './resource-calls.ts';
import { EVENTS } from './resources.ts';
import type { Transport } from './transport.ts';

export interface EventRecord {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string | undefined;
    readonly name: string;
    readonly uid?: string | undefined;
  };
  readonly type: 'Normal' | 'Warning';
  /** One word, as in a condition. */
  readonly reason: string;
  /** What was being done: `Issue`, `Renew`. */
  readonly action: string;
  /** For people; cut at 1 kB. Never key material. */
  readonly note: string;
  /** There may be thousands of its kind at once: it waits while work does, with few others. */
  readonly patient?: true;
}

export interface EventRecorderOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Which replica reports: its pod name. */
  readonly instance: string;
  /** Whether work waits that patient events should not get in the way of; by default it never does. */
  readonly busy?: () => boolean;
  readonly onSent?: () => void;
  /** `error`: the API server did not take it, as it should have. */
  readonly onDropped?: (error?: unknown) => void;
}

const REPORTING_CONTROLLER = 'signet.dev/controller';
const LIMIT = 64;
/** The API server's time belongs to the issuance. */
const RATE: Rate = { burst: 10, interval: SECOND / 2 };
/** Of patient ones: a thousand identities at once are in the metrics, not all in events. */
const PATIENT_LIMIT = 10;
const DEADLINE: Duration = 5 * SECOND;
const RETRY: Duration = SECOND;
const LONGEST_RETRY: Duration = 10 * SECOND;
/** Bounds of events.k8s.io/v1. */
const MAX_NOTE_BYTES = 1024;
const MAX_INSTANCE_LENGTH = 128;
const MAX_NAME_LENGTH = 253;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #waiting: { readonly body: EventBody; readonly patient: boolean }[] = [];
  readonly #abort = new AbortController();
  #sending: Promise<void> | undefined;
  #pace: Pace = UNPACED;
  #wake: () => void = () => undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Queues an event and returns at once; never throws. */
  record(event: EventRecord): void {
    const limit = event.patient === true ? PATIENT_LIMIT : LIMIT;
    if (this.#abort.signal.aborted || this.#waiting.length >= limit) {
      this.#options.onDropped?.();
      return;
    }
    const body = eventObject(event, this.#options.instance, this.#options.clock.now());
    this.#waiting.push({ body, patient: event.patient === true });
    this.#sending ??= this.#send();
  }

  /** Drops what waits. Never rejects. */
  async stop(): Promise<void> {
    this.#abort.abort(new SignetError('ERR_KUBE_UNAVAILABLE', 'the process stops'));
    this.#wake();
    await this.#sending;
    for (const _ of this.#waiting.splice(0)) {
      this.#options.onDropped?.();
    }
  }

  async #send(): Promise<void> {
    while (!this.#abort.signal.aborted && this.#waiting.length > 0) {
      const event = this.#next();
      if (event === undefined) {
        await this.#sleep(RATE.interval);
        continue;
      }
      await this.#turn();
      try {
        await this.#deliver(event);
        this.#options.onSent?.();
      } catch (error) {
        const expected = this.#abort.signal.aborted || isOfEndedNamespace(error);
        this.#options.onDropped?.(expected ? undefined : error);
      }
    }
    this.#sending = undefined;
  }

  /** The one that has waited longest; while work waits, of those that are not patient. */
  #next(): EventBody | undefined {
    const busy = this.#options.busy?.() === true;
    const next = this.#waiting.findIndex(({ patient }) => !busy || !patient);
    return next === -1 ? undefined : this.#waiting.splice(next, 1)[0]?.body;
  }

  async #deliver(event: EventBody): Promise<void> {
    try {
      await this.#post(event);
    } catch (error) {
      if (!isSignetError(error, 'ERR_KUBE_THROTTLED', 'ERR_KUBE_UNAVAILABLE', 'ERR_KUBE_TIMEOUT')) {
        throw error;
      }
      await this.#sleep(Math.min(LONGEST_RETRY, error.retryAfter ?? RETRY));
      await this.#postAgain(event);
    }
  }

  async #postAgain(event: EventBody): Promise<void> {
    try {
      await this.#post(event);
    } catch (error) {
      // The first try had arrived after all.
      if (!isSignetError(error, 'ERR_KUBE_ALREADY_EXISTS')) {
        throw error;
      }
    }
  }

  async #post(body: EventBody): Promise<void> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    const { namespace } = body.metadata;
    await createObject(this.#options.transport, EVENTS, {
      namespace,
      body,
      deadline: DEADLINE,
      signal,
      metadataOnly: true,
    });
  }

  /** Until the next event may leave. */
  async #turn(): Promise<void> {
    const { clock } = this.#options;
    const now = clock.monotonic();
    await this.#sleep((pacedUntil(this.#pace, now, RATE) ?? now) - now);
    this.#pace = paced(this.#pace, clock.monotonic(), RATE);
  }

  async #sleep(delay: Duration): Promise<void> {
    if (delay <= 0 || this.#abort.signal.aborted) {
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(delay, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
  }
}

/** Nothing is created there any more, or it is gone: to a create call, only its namespace can be missing. */
function isOfEndedNamespace(error: unknown): boolean {
  const status = kubeStatus(error);
  return status?.reason === 'NotFound' || status?.causes.includes('NamespaceTerminating') === true;
}

interface EventBody {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

function eventObject(
  { regarding, type, reason, action, note }: EventRecord,
  instance: string,
  now: Instant,
): EventBody {
  const id = randomUUID().replaceAll('-', '').slice(0, 16);
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      name: `${regarding.name.slice(0, MAX_NAME_LENGTH - id.length - 1)}.${id}`,
      namespace: regarding.namespace ?? 'default',
    },
    eventTime: microTime(now),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: instance.slice(0, MAX_INSTANCE_LENGTH),
    type,
    reason,
    action,
    note: cutToBytes(note, MAX_NOTE_BYTES),
    regarding,
  };
  return event;
}

/** The longest beginning that fits, without half a character at its end. */
function cutToBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) {
    return text;
  }
  const whole = new TextDecoder().decode(bytes.subarray(0, limit - 3), { stream: true });
  return `${whole}\u2026`;
}
