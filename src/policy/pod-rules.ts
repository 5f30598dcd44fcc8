// SPDX-License-Identifier: Apache-2.0
/**
 * What is asked of Pods: an SVID is mounted only by Pods of its own service account (built in), and where a policy says
 * Strict, every Pod has one.
 * @module
 */
import { ENFORCE_LABEL } from '../api/well-known.ts';
import { listed } from './listing.ts';
import { mountsSecret, secretReferences } from './pod-spec.ts';
import { type IdentityFacts, type NamespaceView, type PodSubject, podServiceAccount } from './subject.ts';
import type { Broken } from './violation.ts';

/** Whether Pods of the namespace are judged. */
export function judgesPods({ labels }: Pick<NamespaceView, 'labels'>): boolean {
  return ENFORCE_LABEL in labels;
}

/** Places that are told; whoever takes in more of the same is told nothing new. */
const MAX_BORROWED = 64;

/** The places, as far as they are told, where the Pod takes the SVID of another service account. */
export function borrowedSVIDs(subject: PodSubject): readonly Broken[] {
  const { spec, identities, path, ephemeralOnly } = subject;
  const account = podServiceAccount(spec);
  const held = identities.filter(({ claimed }) => claimed !== true);
  const own = new Set(held.filter(isOf(account)).map(({ secretName }) => secretName));
  const owners = new Map(held.map(({ secretName, serviceAccountName }) => [secretName, serviceAccountName]));
  const borrowed = secretReferences(spec, ephemeralOnly).filter(
    ({ secretName }) => owners.has(secretName) && !own.has(secretName),
  );
  return borrowed.slice(0, MAX_BORROWED).map((reference) => {
    const owner = owners.get(reference.secretName);
    return {
      rule: 'own-svid',
      path: `${path}.${reference.path}`,
      value: reference.secretName,
      message: `is the SVID of service account ${owner}, and the Pod runs as ${account}`,
      remedy: `run the Pod as ${owner}, or use a ServiceIdentity for ${account}`,
    };
  });
}

function isOf(account: string): (identity: IdentityFacts) => boolean {
  return ({ serviceAccountName }) => serviceAccountName === account;
}

/** What the Pod lacks to carry an identity; the same by every policy that asks for one. */
export function strictViolations(subject: PodSubject): readonly Broken[] {
  const { spec, identities, path, ephemeralOnly } = subject;
  if (ephemeralOnly === true) return [];
  const account = podServiceAccount(spec);
  const own = identities.filter(isOf(account));
  if (own.length === 0) {
    return [
      {
        rule: 'mtls.mode',
        path: `${path}.serviceAccountName`,
        value: account,
        message: 'no ServiceIdentity exists for this service account, and every Pod here must carry one',
        remedy: `create a ServiceIdentity with spec.serviceAccountName: ${account}, or run the Pod as another account`,
        absence: true,
      },
    ];
  }
  const secrets = [...new Set(own.map(({ secretName }) => secretName))].toSorted();
  if (mountsSecret(spec, new Set(secrets))) return [];
  const known = new Set(identities.map(({ secretName }) => secretName));
  return [
    {
      rule: 'mtls.mode',
      path: `${path}.volumes`,
      message: `no container mounts the SVID of service account ${account}, and every Pod here must carry it`,
      remedy: `add a volume with Secret ${listed(secrets)} and mount it`,
      // A further identity of the account may be on its way, whose Secret this Pod does mount.
      ...(secretReferences(spec).some(({ secretName }) => !known.has(secretName)) ? { absence: true as const } : {}),
    },
  ];
}
