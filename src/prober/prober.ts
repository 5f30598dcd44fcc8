// SPDX-License-Identifier: Apache-2.0
/**
 * The canary: every so often two identities of its own shake hands with what is stored of them, and against the bundle
 * that is published. It sees what a workload would see, and nothing that is only in memory.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { Runnable } from '../controller/manager.ts';
import type { Span, Tracer } from '../controller/tracer.ts';
import { type Duration, SECOND } from '../time.ts';
import { mutualHandshake, type Party } from './handshake.ts';
import { bundleProblem, partyProblem } from './soundness.ts';

export const PROBER_RESULTS = ['success', 'missing', 'refused', 'error'] as const;
/** missing: something is not stored. refused: the handshake failed. error: it could not be read. */
export type ProberResult = (typeof PROBER_RESULTS)[number];

export interface Probed {
  readonly result: ProberResult;
  /** Of reading and handshake together. */
  readonly duration: Duration;
  readonly detail?: string;
}

/** What is stored of one identity. */
export interface ProberReads {
  /** Live from the API server. Undefined: there is none, or none that is complete. The prober zeroes the key. */
  party(identity: string): Promise<Party | undefined>;
  /** The published anchors where the identity lives. */
  anchors(identity: string): Promise<string | undefined>;
}

export interface ProberOptions {
  readonly clock: Clock;
  readonly interval: Duration;
  /** `namespace/name` of the one that serves and the one that calls. */
  readonly identities: readonly [server: string, client: string];
  readonly reads: ProberReads;
  /** Only one replica probes. */
  readonly mayProbe: () => boolean;
  readonly onProbed: (probed: Probed) => void;
  readonly tracer: Tracer;
}

const PATIENCE: Duration = 5 * SECOND;

export function createProber(options: ProberOptions): Runnable {
  const { clock, interval, mayProbe, onProbed, tracer } = options;
  let cancel: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  const round = async (span: Span): Promise<void> => {
    const started = clock.monotonic();
    span.set('signet.identities', options.identities);
    const { result, detail } = await probe(options);
    span.set('signet.outcome', result);
    if (result !== 'success') span.fail(result);
    onProbed({ result, duration: clock.monotonic() - started, ...(detail === undefined ? {} : { detail }) });
  };
  const next = (): void => {
    if (stopped) return;
    cancel = clock.after(interval, () => {
      running = (mayProbe() ? tracer.span('probe', round) : Promise.resolve()).then(next);
    });
  };
  return {
    name: 'prober',
    start: next,
    stop: async () => {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}

/** One probe. Never rejects. */
export async function probe({
  identities,
  reads,
  tracer,
  clock,
}: Pick<ProberOptions, 'identities' | 'reads' | 'tracer' | 'clock'>): Promise<Pick<Probed, 'result' | 'detail'>> {
  const parties: Party[] = [];
  try {
    for (const identity of identities) {
      const party = await reads.party(identity);
      if (party === undefined) return { result: 'missing', detail: `ServiceIdentity ${identity} has no SVID stored` };
      parties.push(party);
      const problem = partyProblem(party);
      if (problem !== undefined) return { result: 'refused', detail: `what is stored of ${identity}: ${problem}` };
    }
    const anchorsPEM = await reads.anchors(identities[1]);
    if (anchorsPEM === undefined)
      return { result: 'missing', detail: `no bundle is published beside ${identities[1]}` };
    const unread = bundleProblem(anchorsPEM);
    if (unread !== undefined) return { result: 'refused', detail: unread };
    const [server, client] = parties;
    if (server === undefined || client === undefined) return { result: 'missing' };
    const problem = await tracer.span('handshake', async (span) => {
      const refusal = await mutualHandshake({ server, client, anchorsPEM, patience: PATIENCE, clock });
      if (refusal !== undefined) span.fail('refused');
      return refusal;
    });
    return problem === undefined ? { result: 'success' } : { result: 'refused', detail: problem };
  } catch (error) {
    return { result: 'error', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const { privateKeyPEM } of parties) privateKeyPEM.fill(0);
  }
}
