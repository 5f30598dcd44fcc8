// SPDX-License-Identifier: Apache-2.0
/**
 * Creates the TrustDomain `default` from the controller's flags, once. What exists is never changed: its name is part
 * of every certificate.
 * @module
 */
import { DEFAULT_TRUST_DOMAIN_NAME } from '../../api/defaults.ts';
import type { TrustDomain, TrustDomainSpec } from '../../api/trust-domain.ts';
import { API_VERSION } from '../../api/well-known.ts';
import { isSignetError } from '../../errors.ts';
import { createObject, getObject } from '../../kube/resource-calls.ts';
import { TRUST_DOMAINS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';

/**
 * Makes sure that it exists; `known`: as it is in the cache. Returns a warning when the existing one is of another trust
 * domain than the flags say; then the flags have no effect.
 */
export async function ensureDefaultTrustDomain(
  transport: Transport,
  spec: TrustDomainSpec,
  known: TrustDomain | undefined,
): Promise<string | undefined> {
  const existing = known ?? (await createdOrFound(transport, spec));
  if (existing === undefined || existing.spec.trustDomain === spec.trustDomain) return undefined;
  return `TrustDomain ${DEFAULT_TRUST_DOMAIN_NAME} has trust domain ${existing.spec.trustDomain}, which cannot be changed; --trust-domain ${spec.trustDomain} has no effect`;
}

/** Undefined: it was created. */
async function createdOrFound(transport: Transport, spec: TrustDomainSpec): Promise<TrustDomain | undefined> {
  const body = { apiVersion: API_VERSION, kind: 'TrustDomain', metadata: { name: DEFAULT_TRUST_DOMAIN_NAME }, spec };
  try {
    await createObject(transport, TRUST_DOMAINS, { body, metadataOnly: true });
    return undefined;
  } catch (error) {
    if (!isSignetError(error, 'ERR_KUBE_ALREADY_EXISTS')) throw error;
  }
  return getObject<TrustDomain>(transport, TRUST_DOMAINS, { name: DEFAULT_TRUST_DOMAIN_NAME });
}
