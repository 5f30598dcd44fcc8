// SPDX-License-Identifier: Apache-2.0
/**
 * What a policy bounds in the SVID of an identity: who may hold one, its names, its lifetime, its key, its files.
 * @module
 */
import { boundedTTL } from '../api/bounds.ts';
import { formatDuration } from '../api/duration.ts';
import type { Duration } from '../time.ts';
import type { CompiledPolicy } from './compile.ts';
import { type AskedNames, dnsViolations } from './dns-rules.ts';
import { choice, listed } from './listing.ts';
import { matchesAnyName } from './match.ts';
import type { IdentitySubject } from './subject.ts';
import type { Broken } from './violation.ts';

/** Every rule on issuance that the identity breaks; `names` are those it asks for. */
export function issuanceViolations(
  policy: CompiledPolicy,
  subject: IdentitySubject,
  names: AskedNames,
): readonly Broken[] {
  return [
    ...serviceAccountViolations(policy, subject),
    ...dnsViolations(policy, names),
    ...ttlViolations(policy, subject),
    ...algorithmViolations(policy, subject),
    ...formatViolations(policy, subject),
  ];
}

function serviceAccountViolations({ serviceAccounts }: CompiledPolicy, { resolved }: IdentitySubject): Broken[] {
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

function ttlViolations({ minTTL, maxTTL }: CompiledPolicy, subject: IdentitySubject): Broken[] {
  const { resolved, trustDomain } = subject;
  const ttl = trustDomain === undefined ? resolved.ttl : boundedTTL(resolved, trustDomain);
  if (ttl === undefined) return [];
  const broken: Broken[] = [];
  if (minTTL !== undefined && ttl < minTTL) broken.push(ttlViolation(resolved.ttl, ttl, ['shorter', minTTL, 'least']));
  if (maxTTL !== undefined && ttl > maxTTL) broken.push(ttlViolation(resolved.ttl, ttl, ['longer', maxTTL, 'most']));
  return broken;
}

function ttlViolation(
  asked: Duration | undefined,
  ttl: Duration,
  [comparison, bound, limit]: readonly [string, Duration, string],
): Broken {
  const what = asked === ttl ? 'the lifetime' : `the lifetime of ${formatDuration(ttl)} by the TrustDomain`;
  return {
    rule: 'issue.ttl',
    path: 'spec.ttl',
    ...(asked === undefined ? {} : { value: formatDuration(asked) }),
    message: `${what} is ${comparison} than ${formatDuration(bound)}`,
    remedy: `set spec.ttl to at ${limit} ${formatDuration(bound)}`,
  };
}

function algorithmViolations({ keyAlgorithms }: CompiledPolicy, { resolved }: IdentitySubject): Broken[] {
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

function formatViolations({ secretFormats }: CompiledPolicy, { resolved }: IdentitySubject): Broken[] {
  if (secretFormats === undefined) return [];
  const broken: Broken[] = [];
  for (const [index, format] of resolved.formats.entries()) {
    if (secretFormats.includes(format)) continue;
    broken.push({
      rule: 'issue.secretFormats',
      path: `spec.secret.formats[${index}].type`,
      value: format,
      message: 'this format may not be stored',
      remedy: `remove it; allowed is ${listed(secretFormats)}`,
    });
  }
  return broken;
}
