// SPDX-License-Identifier: Apache-2.0
/**
 * Users who ask the real API server for identities at a fixed rate, in dry runs, and what they heard: of what must be
 * admitted and of what must be refused by the webhook, every answer that was another one.
 * @module
 */
import type { Cluster } from './cluster.ts';

export interface AdmissionLoad {
  /** Every answer that should have been another. */
  readonly failures: readonly string[];
  readonly counts: { readonly asked: number; readonly admitted: number; readonly refused: number };
  /** Asked a second so far: less than wanted where the machine cannot carry it, which says nothing of the webhook. */
  rate(): number;
  /** Asks nothing more; resolves when everything is answered. */
  stop(): Promise<void>;
}

const TICK_MS = 5;
/** More calls under way make an API server that is behind fall further behind. */
const MAX_PENDING = 100;
/** Before it refuses somebody the webhook reads the TrustDomain once more. */
const ONE_INVALID_IN = 10;
const ACCOUNT = 'checkout';

/** One in ten is invalid. As many are asked a second, whatever the answers do, while not too many of them are missing. */
export function startAdmissionLoad(cluster: Cluster, namespace: string, rate: number): AdmissionLoad {
  const failures: string[] = [];
  const counts = { asked: 0, admitted: 0, refused: 0 };
  const pending = new Set<Promise<void>>();
  const started = performance.now();

  const ask = async (valid: boolean): Promise<void> => {
    const names = valid ? {} : { dnsNames: ['www.google.com'] };
    const spec = { serviceAccountName: ACCOUNT, ...names };
    const draft = { kind: 'ServiceIdentity', metadata: { name: `asked-${counts.asked}`, namespace }, spec } as const;
    const said = await cluster.tryCreate(draft).then(
      () => 'admitted',
      (error: Error) => error.message,
    );
    if (valid && said === 'admitted') counts.admitted += 1;
    else if (!valid && said.includes('cannot be accepted')) counts.refused += 1;
    else failures.push(`${valid ? 'valid' : 'invalid'} identity: ${said}`);
  };
  let passed = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * rate);
    for (; passed < due; passed += 1) {
      // Nothing is made up for later, which would be another load.
      if (pending.size >= MAX_PENDING) continue;
      const asked = ask(counts.asked % ONE_INVALID_IN !== 0).finally(() => pending.delete(asked));
      pending.add(asked);
      counts.asked += 1;
    }
  }, TICK_MS);
  return {
    failures,
    counts,
    rate: () => (counts.asked / (performance.now() - started)) * 1000,
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}
