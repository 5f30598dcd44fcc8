// SPDX-License-Identifier: Apache-2.0
/**
 * Which DNS names a certificate carries, and which it may carry: names of its own namespace without asking, others
 * only where the TrustDomain allows them.
 * @module
 */
import { type FieldError, fieldError } from './field-error.ts';
import { MAX_NAME_LENGTH } from './grammar.ts';

/** What decides about a name: where the identity lives, and what its TrustDomain says. */
export interface DNSScope {
  readonly namespace: string;
  /** Such as `cluster.local`; anything but `svc`, under which `a.b.svc.svc` would belong to two namespaces. */
  readonly clusterDomain: string;
  readonly shortNames: boolean;
  /** DNS name patterns of the TrustDomain. */
  readonly allowedDNS: readonly string[];
}

/** The names a spec asks for; parsed already. */
export interface RequestedNames {
  readonly services: readonly string[];
  readonly dnsNames: readonly string[];
}

/** How many qualified names a service stands for; the bare name comes on top and counts nowhere. */
export const NAMES_PER_SERVICE = 3;
/** Most DNS names of one identity, bare names not counted. */
export const MAX_DNS_NAMES = 32;

/** The names that clients in the cluster use for a Service: three qualified forms, and the bare one where allowed. */
export function serviceDNSNames(service: string, scope: Omit<DNSScope, 'allowedDNS'>): readonly string[] {
  const qualified = namespaceSuffixes(scope).map((suffix) => `${service}${suffix}`);
  return scope.shortNames ? [service, ...qualified] : qualified;
}

/** Every DNS name of the certificate, sorted and without duplicates, so that the order in a spec re-issues nothing. */
export function certificateDNSNames(names: RequestedNames, scope: DNSScope): readonly string[] {
  const expanded = names.services.flatMap((service) => serviceDNSNames(service, scope));
  return [...new Set([...expanded, ...names.dnsNames])].sort();
}

/** Every name the identity asks for and may not carry, with the reason; empty where all is well. */
export function refusedDNSNames(names: RequestedNames, scope: DNSScope): readonly FieldError[] {
  const services = names.services.flatMap((service, index) => {
    const long = serviceDNSNames(service, scope).find((name) => name.length > MAX_NAME_LENGTH);
    if (long === undefined) return [];
    return [fieldError(`spec.services[${index}]`, long, `has more than ${MAX_NAME_LENGTH} characters`)];
  });
  const dnsNames = names.dnsNames.flatMap((name, index) => {
    const reason = refusal(name, scope);
    return reason === undefined ? [] : [fieldError(`spec.dnsNames[${index}]`, name, reason)];
  });
  return [...services, ...dnsNames];
}

function refusal(name: string, scope: DNSScope): string | undefined {
  if (isOwnName(name, scope) || scope.allowedDNS.some((pattern) => coversDNSName(pattern, name))) return undefined;
  if (!name.includes('.')) {
    return 'a bare name belongs to no namespace; use a qualified one, or have the TrustDomain say svid.shortNames: true or list it in allowedDNS';
  }
  return `is not a name of namespace ${scope.namespace} (such as <service>.${scope.namespace}.svc), and allowedDNS of the TrustDomain does not cover it; remove it, or have it added to spec.allowedDNS`;
}

/** Whether a TrustDomain's pattern covers a requested name: the same text, or one label in place of the `*`. */
export function coversDNSName(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (!pattern.startsWith('*.') || name.startsWith('*.')) return false;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}

/**
 * Names that only this namespace can mean: one label (a service) before the namespace, and where `.svc` follows also `*`
 * for it, and one more label before it (a pod of a headless service, or `*`). Without `.svc`, two labels before a
 * namespace called "svc" would be somebody else's service, and `*` before one called "dev" a whole public domain.
 */
function isOwnName(name: string, scope: DNSScope): boolean {
  if (scope.shortNames && !name.includes('.')) return true;
  return namespaceSuffixes(scope).some((suffix, index) => {
    if (!name.endsWith(suffix)) return false;
    const before = name.slice(0, -suffix.length);
    const labels = before.split('.').length;
    return index > 0 ? labels <= 2 : labels === 1 && before !== '*';
  });
}

/** What follows the service in each of the qualified forms, shortest first. */
function namespaceSuffixes(scope: Omit<DNSScope, 'allowedDNS'>): readonly string[] {
  return [`.${scope.namespace}`, `.${scope.namespace}.svc`, `.${scope.namespace}.svc.${scope.clusterDomain}`];
}
