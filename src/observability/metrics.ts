// SPDX-License-Identifier: Apache-2.0
/**
 * How the parts of the program count: one object with a hook for each of them, and the text that is scraped. Durations
 * come in milliseconds and leave in seconds.
 * @module
 */
import { type ControllerObserver, OUTCOMES } from '../controller/controller.ts';
import type { WorkQueueObserver } from '../controller/work-queue.ts';
import { ERROR_CODES } from '../errors.ts';
import { type Duration, SECOND } from '../time.ts';
import { createBatch } from './batch.ts';
import { createMetricRegistry, type MetricRegistry } from './metric-registry.ts';
import type { MetricSources } from './metric-sources.ts';
import { COUNTS, type OnSourceProblem, readSources } from './source-readers.ts';
import { createTallies } from './tallies.ts';
import { initializeWebhookMetrics, type WebhookMetrics, webhookMetrics } from './webhook-metrics.ts';

/** The values of labels that are known beforehand; their series exist from the start, at zero. */
export interface MetricsOptions {
  readonly version: string;
  readonly controllers: readonly string[];
  /** What makes an issuance necessary. */
  readonly issuanceReasons: readonly string[];
  /** Reasons of the Ready condition. */
  readonly identityStates: readonly string[];
  readonly trustDomainStates: readonly string[];
  /** What can be asked for in spec.rotation. */
  readonly rotationActions: readonly string[];
  readonly reflectors: readonly string[];
  /** Kinds whose reviews are judged; none where no webhook runs. */
  readonly reviewedKinds?: readonly string[];
  /** What a probe of admission can come to; none where nobody probes. */
  readonly probeResults?: readonly string[];
  /** What a handshake of the prober can come to; none where there is no prober. */
  readonly handshakeResults?: readonly string[];
}

const REQUEST_RESULTS = ['accepted', 'refused'] as const;
type RequestResult = (typeof REQUEST_RESULTS)[number];
const COMPROMISE_PHASES = ['svids_replaced', 'anchor_withdrawn'] as const;
export type CompromisePhase = (typeof COMPROMISE_PHASES)[number];

/** Counts that wait for others. Nobody sees them before the next scrape. */
const MAX_WAITING = 128;

export interface Metrics extends WebhookMetrics {
  /** Media type of `scrape`. */
  readonly contentType: string;
  scrape(): Promise<string>;
  /** Says where to look at each scrape, and who hears of what could not be read; replaces what was said before. */
  observe(sources: MetricSources, onProblem?: OnSourceProblem): void;
  queueObserver(controller: string): WorkQueueObserver;
  controllerObserver(controller: string): ControllerObserver;
  /** One finished call to the API server. */
  apiCall(call: { verb: string; resource: string; code: string; duration: Duration }): void;
  /** `lateness`: since the planned renewal; none for a first issuance. */
  issued(issuance: {
    reason: string;
    duration: Duration;
    /** Of that, cryptography. */
    minting: Duration;
    /** Since the need for it was seen. */
    latency?: Duration | undefined;
    lateness?: Duration | undefined;
  }): void;
  issuanceFailed(reason: string, code: string): void;
  foreignWrite(): void;
  bundlePropagated(duration: Duration): void;
  compromise(phase: CompromisePhase, duration: Duration): void;
  logLinesLeftOut(count: number): void;
  handshake(probed: { result: string; duration: Duration }): void;
  /** One request in spec.rotation was answered. */
  rotationRequest(action: string, result: RequestResult): void;
  reflectorListed(resource: string): void;
  reflectorEnded(resource: string, cause: 'end' | 'error'): void;
  event(result: 'sent' | 'dropped'): void;
  spans(result: 'sent' | 'dropped', count: number): void;
  eventLoopLag(lag: Duration): void;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const objects = createMetricRegistry();
  const { registry, counters, gauges, histograms } = objects;
  let observed: { readonly sources: MetricSources; readonly onProblem?: OnSourceProblem | undefined } = { sources: {} };
  const onProblem: OnSourceProblem = (source, error) => observed.onProblem?.(source, error);
  initialize(objects, options);
  /** The first thing since the last scrape that could not be counted; the next scrape tells of it, and work goes on. */
  let failure: Error | undefined;
  /** For good: what was lost once is missing from the counts until they begin anew, with the next process. */
  let anyLost = false;
  const counts = createBatch(MAX_WAITING, (cause) => {
    anyLost = true;
    failure ??= new Error('something could not be counted', { cause });
  });
  const tallies = createTallies();
  const later = (count: () => void): void => {
    if (counts.add(count)) counts.run();
  };
  return {
    contentType: registry.contentType,
    scrape: async () => {
      tallies.take(later);
      counts.run();
      if (failure !== undefined) onProblem(COUNTS, failure);
      failure = undefined;
      readSources(objects, options, observed.sources, onProblem);
      gauges.sourceSuccess.set({ source: COUNTS }, anyLost ? 0 : 1);
      return registry.metrics();
    },
    observe: (sources, told) => {
      observed = { sources, onProblem: told };
    },
    queueObserver: (controller) => ({
      added: () => tallies.add(counters.queueAdds, controller),
      retried: () => tallies.add(counters.queueRetries, controller),
      waited: (duration) => later(() => histograms.queueWait.observe({ controller }, duration / SECOND)),
    }),
    controllerObserver: (controller) => ({
      started: () => tallies.change(gauges.reconcilesInFlight, controller, 1),
      finished: ({ outcome, duration, error }) => {
        // Not the error itself: it may wait for long, with all that it was caused by.
        const code = error?.code;
        tallies.change(gauges.reconcilesInFlight, controller, -1);
        later(() => {
          counters.reconciles.inc({ controller, result: outcome });
          histograms.reconcileDuration.observe({ controller }, duration / SECOND);
          if (code !== undefined) counters.reconcileErrors.inc({ controller, code });
        });
      },
    }),
    apiCall: ({ verb, resource, code, duration }) =>
      later(() => {
        counters.apiRequests.inc({ verb, resource, code });
        histograms.apiDuration.observe({ verb }, duration / SECOND);
        if (code === '429') counters.apiThrottled.inc();
      }),
    issued: ({ reason, duration, minting, latency, lateness }) =>
      later(() => {
        counters.issuances.inc({ reason, result: 'success' });
        histograms.issuanceDuration.observe(duration / SECOND);
        histograms.mintDuration.observe(minting / SECOND);
        if (latency !== undefined) histograms.issuanceLatency.observe(latency / SECOND);
        if (lateness !== undefined) histograms.renewalLateness.observe(Math.max(0, lateness) / SECOND);
      }),
    issuanceFailed: (reason, code) => {
      counters.issuances.inc({ reason, result: 'error' });
      counters.issuanceFailures.inc({ code });
    },
    foreignWrite: () => counters.foreignWrites.inc(),
    bundlePropagated: (duration) => histograms.bundlePropagation.observe(duration / SECOND),
    compromise: (phase, duration) => histograms.compromise.observe({ phase }, duration / SECOND),
    handshake: ({ result, duration }) => {
      counters.handshakes.inc({ result });
      histograms.handshakeDuration.observe(duration / SECOND);
    },
    logLinesLeftOut: (count) => counters.logLinesLeftOut.inc(count),
    rotationRequest: (action, result) => counters.rotationRequests.inc({ action, result }),
    reflectorListed: (resource) => counters.reflectorLists.inc({ resource }),
    reflectorEnded: (resource, cause) => counters.reflectorRestarts.inc({ resource, cause }),
    event: (result) => counters.events.inc({ result }),
    spans: (result, count) => counters.spans.inc({ result }, count),
    eventLoopLag: (lag) => histograms.eventLoopLag.observe(Math.max(0, lag) / SECOND),
    ...webhookMetrics(objects),
  };
}

/** A series that appears with its first event has no increase in it, so alerts on rates would miss that event. */
function initialize(objects: MetricRegistry, options: MetricsOptions): void {
  const { counters, gauges, histograms } = objects;
  initializeWebhookMetrics(objects, options);
  gauges.buildInfo.set({ version: options.version }, 1);
  for (const controller of options.controllers) {
    gauges.reconcilesInFlight.set({ controller }, 0);
    counters.queueAdds.inc({ controller }, 0);
    counters.queueRetries.inc({ controller }, 0);
    histograms.queueWait.zero({ controller });
    histograms.reconcileDuration.zero({ controller });
    for (const result of OUTCOMES) {
      counters.reconciles.inc({ controller, result }, 0);
    }
    for (const code of ERROR_CODES) {
      counters.reconcileErrors.inc({ controller, code }, 0);
    }
  }
  for (const reason of options.issuanceReasons) {
    counters.issuances.inc({ reason, result: 'success' }, 0);
    counters.issuances.inc({ reason, result: 'error' }, 0);
  }
  if (options.issuanceReasons.length > 0)
    for (const code of [...ERROR_CODES, 'other']) counters.issuanceFailures.inc({ code }, 0);
  for (const result of options.handshakeResults ?? []) counters.handshakes.inc({ result }, 0);
  for (const phase of COMPROMISE_PHASES) histograms.compromise.zero({ phase });
  for (const action of options.rotationActions) {
    for (const result of REQUEST_RESULTS) counters.rotationRequests.inc({ action, result }, 0);
  }
  for (const resource of options.reflectors) {
    counters.reflectorLists.inc({ resource }, 0);
    counters.reflectorRestarts.inc({ resource, cause: 'end' }, 0);
    counters.reflectorRestarts.inc({ resource, cause: 'error' }, 0);
  }
  counters.events.inc({ result: 'sent' }, 0);
  counters.events.inc({ result: 'dropped' }, 0);
  counters.spans.inc({ result: 'sent' }, 0);
  counters.spans.inc({ result: 'dropped' }, 0);
}
