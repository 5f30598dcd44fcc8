// SPDX-License-Identifier: Apache-2.0
/**
 * Proves that admission works: a dry run of a TrustDomain that nobody may create goes through the real API server, and
 * only a refusal that repeats what was written on it is the webhook's.
 * @module
 */
import { API_VERSION, PROBE_ANNOTATION, PROBE_NAME } from '../../api/well-known.ts';
import { isSignetError } from '../../errors.ts';
import { isRefusal, webhookUnreachable } from '../../kube/kube-error.ts';
import { createObject } from '../../kube/resource-calls.ts';
import { TRUST_DOMAINS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';

/**
 * - Refused: by our webhook, as it should be
 * - Admitted: nobody asked the webhook, or it was passed over (failurePolicy Ignore)
 * - Unreachable: the API server could not ask a webhook, and refused (failurePolicy Fail)
 * - RefusedByOthers: something else said no first; nothing is known of the webhook
 */
export const PROBE_RESULTS = ['Refused', 'Admitted', 'Unreachable', 'RefusedByOthers'] as const;
export type ProbeResult = (typeof PROBE_RESULTS)[number];

export interface Probed {
  readonly result: ProbeResult;
  /** What the API server said, where that helps. */
  readonly detail?: string;
}

/** `nonce`: of this probe alone. Throws where the API server itself gave no answer. */
export async function probeAdmission(transport: Transport, nonce: string): Promise<Probed> {
  const body = {
    apiVersion: API_VERSION,
    kind: 'TrustDomain',
    metadata: { name: PROBE_NAME, annotations: { [PROBE_ANNOTATION]: nonce } },
    spec: { trustDomain: 'admission-probe.invalid', authority: { source: { type: 'SelfSigned', selfSigned: {} } } },
  };
  try {
    await createObject(transport, TRUST_DOMAINS, { body, query: { dryRun: 'All' }, metadataOnly: true });
    return { result: 'Admitted' };
  } catch (error) {
    // It went through every admission plugin first.
    if (isSignetError(error, 'ERR_KUBE_ALREADY_EXISTS')) return { result: 'Admitted' };
    if (webhookUnreachable(error)) return { result: 'Unreachable', detail: error.message };
    if (!isRefusal(error)) throw error;
    if (error.message.includes(nonce)) return { result: 'Refused' };
    return { result: 'RefusedByOthers', detail: error.message };
  }
}
