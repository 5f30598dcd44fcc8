// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the Secret of an imported authority: its metadata at every look, its content only when that is new, its key only
 * to judge it and to copy it. The Secret is somebody else's and is never written.
 * @module
 */

import { type ObjectVersion, sameVersion, versionOf } from '../../api/object-version.ts';
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import { CA_CERT_KEY, TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY } from '../../api/well-known.ts';
import type { ImportedFacts, ObservedImport } from '../../authority/imported.ts';
import { SignetError } from '../../errors.ts';
import { wipe } from '../../kube/secret-data.ts';
import { type ImportedAuthority, validateImportedAuthority } from '../../pki/imported-authority.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../../time.ts';
import type { StoredSecret } from '../own-secrets.ts';
import { assertMaySign } from '../signing-gate.ts';
import { certificateFacts, certificateText } from './certificates.ts';
import type { AuthorityEffects } from './effects.ts';

/** What was found in a Secret at a version, judged for one trust domain. */
export interface JudgedImport {
  readonly version: ObjectVersion;
  /** What else the judgment depends on. */
  readonly asked: string;
  readonly judgedAt: Instant;
  readonly observed: ObservedImport;
}

/** Judgments by TrustDomain object; they hold no key. */
export type ImportMemory = Map<string, JudgedImport>;

const KEY_COPIED =
  'the imported Secret holds a second copy of its key in an annotation of kubectl apply; remove the annotation kubectl.kubernetes.io/last-applied-configuration, and write the Secret with kubectl create or kubectl apply --server-side';

/** What is at fault may be right later without a write: a certificate that begins tomorrow. */
const JUDGED_AGAIN: Duration = 10 * MINUTE;

/** What the Secret of an imported source holds; undefined: the source is another one. */
export async function observeImport(
  trustDomain: ResolvedTrustDomain,
  effects: AuthorityEffects,
  memory: ImportMemory,
): Promise<ObservedImport | undefined> {
  const { name, source } = trustDomain;
  if (source.type !== 'Imported') return undefined;
  const { secrets, clock } = effects;
  const head = await secrets.head(source.secretName);
  if (head === undefined) return { kind: 'absent' };
  const asked = JSON.stringify([source.secretName, trustDomain.trustDomain, dnsForms(trustDomain, effects)]);
  const known = memory.get(name);
  if (known !== undefined && known.asked === asked && sameVersion(known.version, head)) {
    const old = known.observed.kind !== 'valid' && clock.now() - known.judgedAt >= JUDGED_AGAIN;
    if (!old) return known.observed;
  }
  const stored = await secrets.get(source.secretName);
  if (stored === undefined) return { kind: 'absent' };
  try {
    const observed = await judge(stored, trustDomain, effects);
    memory.set(name, { version: versionOf(stored), asked, judgedAt: clock.now(), observed });
    return observed;
  } finally {
    wipe(stored.data);
  }
}

/**
 * Reads the Secret once more for a step that copies its key, which is zeroed afterwards. Throws ERR_KUBE_CONFLICT when it
 * does not hold any more what the step was decided on.
 */
export async function withImportedKey(
  facts: ImportedFacts,
  trustDomain: ResolvedTrustDomain,
  effects: AuthorityEffects,
  use: (keyPEM: Buffer) => Promise<void>,
): Promise<void> {
  const { source } = trustDomain;
  if (source.type !== 'Imported') throw new SignetError('ERR_INVARIANT', 'an imported source was expected');
  assertMaySign(effects.gate);
  const stored = await effects.secrets.get(source.secretName);
  try {
    const observed = stored === undefined ? undefined : await judge(stored, trustDomain, effects);
    const key = stored?.data.get(TLS_PRIVATE_KEY_KEY);
    if (key === undefined || observed?.kind !== 'valid' || !isSame(observed.facts, facts)) {
      throw new SignetError('ERR_KUBE_CONFLICT', `Secret ${source.secretName} was changed meanwhile`);
    }
    await use(key);
  } finally {
    if (stored !== undefined) wipe(stored.data);
  }
}

async function judge(
  { data, managed, applied }: StoredSecret,
  trustDomain: ResolvedTrustDomain,
  effects: AuthorityEffects,
): Promise<ObservedImport> {
  if (managed === true) return invalid('is one that Signet keeps itself; name a Secret of your own');
  const certificatePEM = data.get(TLS_CERT_KEY);
  const keyPEM = data.get(TLS_PRIVATE_KEY_KEY);
  if (certificatePEM === undefined || keyPEM === undefined) {
    return invalid(`has no file ${certificatePEM === undefined ? TLS_CERT_KEY : TLS_PRIVATE_KEY_KEY}; add it`);
  }
  const rootsPEM = data.get(CA_CERT_KEY);
  const judged = await validateImportedAuthority({
    certificatePEM,
    keyPEM,
    ...(rootsPEM === undefined ? {} : { rootsPEM }),
    trustDomain: trustDomain.trustDomain,
    dnsNames: dnsForms(trustDomain, effects),
    now: effects.clock.now(),
  });
  if ('problem' in judged) return invalid(`cannot be used: ${judged.problem}`);
  const facts = factsOf(judged.value);
  return { kind: 'valid', facts: applied === true ? { ...facts, warnings: [...facts.warnings, KEY_COPIED] } : facts };
}

function invalid(problem: string): ObservedImport {
  return { kind: 'invalid', problem };
}

function factsOf(authority: ImportedAuthority): ImportedFacts {
  const { issuer, chain, root, rootFingerprint, shared, notAfter, warnFrom, warnings } = authority;
  return {
    intermediate: certificateFacts(issuer),
    root: certificateFacts(root),
    chain: chain.slice(1).map(({ der }) => certificateText(der)),
    endsAt: notAfter,
    // As it is stored.
    warnFrom: Math.floor(warnFrom / SECOND) * SECOND,
    rootFingerprint,
    shared,
    warnings,
  };
}

/** A name of each form that leaves may carry. */
function dnsForms(
  { shortNames, allowedDNS }: ResolvedTrustDomain,
  { clusterDomain }: AuthorityEffects,
): readonly string[] {
  const service = ['name.namespace', 'name.namespace.svc', `name.namespace.svc.${clusterDomain}`];
  const allowed = allowedDNS.map((name) => name.replace(/^\*\./u, 'name.'));
  return [...(shortNames ? ['name'] : []), ...service, ...allowed];
}

function isSame(a: ImportedFacts, b: ImportedFacts): boolean {
  return pathOf(a) === pathOf(b);
}

function pathOf({ intermediate, chain, root }: ImportedFacts): string {
  return [intermediate.certificate, ...chain, root.certificate].join('');
}
