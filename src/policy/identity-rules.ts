// SPDX-License-Identifier: Apache-2.0
/**
 * What a policy bounds in the SVID of an identity: who may hold one, its DNS names, its lifetime, its key, its files.
 * @module
 */
import { boundedTTL } from '../api/bounds.ts';
import { formatDuration } from '../api/duration.ts';
import { matchesAnyName } from './match.ts';
import type { ResolvedPolicy } from './resolve.ts';
import type { IdentitySubject } from './subject.ts';
import type { Broken } from './violation.ts';

/** Every rule on issuance that the identity breaks. */
export function issuanceViolations(policy: ResolvedPolicy, subject: IdentitySubject): readonly Broken[] {
  return [
    ...serviceAccountViolations(policy, subject),
    ...dnsViolations(policy, subject),
    ...ttlViolations(policy, subject),
    ...algorithmViolations(policy, subject),
    ...formatViolations(policy, subject),
  ];
}

function serviceAccountViolations({ serviceAccounts }: ResolvedPolicy, { resolved }: IdentitySubject): Broken[] {
  const name = resolved.serviceAccountName;
  if (serviceAccounts === undefined || matchesAnyName(serviceAccounts, name)) return [];
  return [
    {
      rule: 'issue.serviceAccounts',
      path: 'spec.serviceAccountName',
      value: name,
      message: 'this service account may not hold an identity',
      remedy: `${choice('use one of', serviceAccounts)}, or have the policy allow this one`,
    },
  ];
}

function dnsViolations({ dnsNames: patterns }: ResolvedPolicy, subject: IdentitySubject): Broken[] {
  if (patterns === undefined) return [];
  const { resolved, namespace } = subject;
  const rendered = patterns.map((pattern) => render(pattern, subject));
  const split = rendered.map((pattern) => pattern.split('.'));
  const broken = (path: string, name: string): Broken[] =>
    coversName(rendered, split, canonicalName(name, subject))
      ? []
      : [
          {
            rule: 'issue.dnsNames',
            path,
            value: name,
            message: 'this DNS name may not be issued here',
            remedy: `remove it, or ${choice('use names like', rendered)}`,
          },
        ];
  return [
    ...resolved.services.flatMap((service, index) =>
      broken(`spec.services[${index}]`, `${service}.${namespace.name}.svc`),
    ),
    ...resolved.dnsNames.flatMap((name, index) => broken(`spec.dnsNames[${index}]`, name)),
  ];
}

function render(pattern: string, { namespace, resolved, clusterDomain }: IdentitySubject): string {
  if (!pattern.includes('{')) return pattern;
  return pattern
    .replaceAll('{namespace}', namespace.name)
    .replaceAll('{serviceAccount}', resolved.serviceAccountName)
    .replaceAll('{clusterDomain}', clusterDomain);
}

/** The form `<service>.<namespace>.svc` of the qualified names of a Service; other names are their own. */
function canonicalName(name: string, { namespace, clusterDomain }: IdentitySubject): string {
  const long = `.${namespace.name}.svc.${clusterDomain}`;
  if (name.endsWith(long)) return name.slice(0, -clusterDomain.length - 1);
  const short = `.${namespace.name}`;
  const service = name.endsWith(short) ? name.slice(0, -short.length) : '';
  return service !== '' && !service.includes('.') ? `${name}.svc` : name;
}

/** Whether one of the patterns, whole and by labels, covers the name. */
function coversName(patterns: readonly string[], split: readonly (readonly string[])[], name: string): boolean {
  if (patterns.includes(name)) return true;
  if (name.startsWith('*.')) return false;
  const labels = name.split('.');
  return split.some(
    (wanted) =>
      wanted.length === labels.length && wanted.every((label, index) => label === '*' || label === labels[index]),
  );
}

function ttlViolations({ minTTL, maxTTL }: ResolvedPolicy, { resolved, trustDomain }: IdentitySubject): Broken[] {
  const ttl = trustDomain === undefined ? resolved.ttl : boundedTTL(resolved, trustDomain);
  if (ttl === undefined) return [];
  const asked = resolved.ttl === undefined ? {} : { value: formatDuration(resolved.ttl) };
  const what = resolved.ttl === ttl ? 'the lifetime' : `the lifetime of ${formatDuration(ttl)} by the TrustDomain`;
  const broken = (comparison: string, bound: number, limit: string): Broken => ({
    rule: 'issue.ttl',
    path: 'spec.ttl',
    ...asked,
    message: `${what} is ${comparison} than ${formatDuration(bound)}`,
    remedy: `set spec.ttl to at ${limit} ${formatDuration(bound)}`,
  });
  return [
    ...(minTTL !== undefined && ttl < minTTL ? [broken('shorter', minTTL, 'least')] : []),
    ...(maxTTL !== undefined && ttl > maxTTL ? [broken('longer', maxTTL, 'most')] : []),
  ];
}

function algorithmViolations({ keyAlgorithms }: ResolvedPolicy, { resolved }: IdentitySubject): Broken[] {
  if (keyAlgorithms === undefined || keyAlgorithms.includes(resolved.keyAlgorithm)) return [];
  return [
    {
      rule: 'issue.keyAlgorithms',
      path: 'spec.privateKey.algorithm',
      value: resolved.keyAlgorithm,
      message: 'keys of this algorithm may not be issued',
      remedy: choice('use one of', keyAlgorithms),
    },
  ];
}

function formatViolations({ secretFormats }: ResolvedPolicy, { resolved }: IdentitySubject): Broken[] {
  if (secretFormats === undefined) return [];
  return resolved.formats.flatMap((format, index) =>
    secretFormats.includes(format)
      ? []
      : [
          {
            rule: 'issue.secretFormats',
            path: `spec.secret.formats[${index}].type`,
            value: format,
            message: 'this format may not be stored',
            remedy: `remove it; allowed is ${listed(secretFormats)}`,
          },
        ],
  );
}

const MAX_LISTED = 8;

/** What is allowed instead, or that nothing is. */
function choice(what: string, items: readonly string[]): string {
  return items.length === 0 ? 'have the policy allow one, for it allows none' : `${what} ${listed(items)}`;
}

/** A list for people, cut where nobody would read on. */
export function listed(items: readonly string[]): string {
  if (items.length === 0) return 'none';
  const more = items.length - MAX_LISTED;
  return more > 0 ? `${items.slice(0, MAX_LISTED).join(', ')} and ${more} more` : items.join(', ');
}
