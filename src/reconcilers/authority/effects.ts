// SPDX-License-Identifier: Apache-2.0
/**
 * What the steps of an authority need of the world, and how they read the root Secret: never without the right to sign,
 * because its key is in memory afterwards.
 * @module
 */
import { SignetError } from '../../errors.ts';
import type { RootAuthority } from '../../pki/authority.ts';
import type { OwnSecrets } from '../own-secrets.ts';
import { assertMaySign } from '../signing-gate.ts';
import { loadRoots, type StoredRoots } from './roots.ts';
import { rootSecretName } from './secrets.ts';
import type { SigningEffects } from './signing.ts';

export interface AuthorityEffects extends SigningEffects {
  readonly secrets: OwnSecrets;
  /** Of the cluster's DNS; imported authorities must permit its names. */
  readonly clusterDomain: string;
}

/** Everything in the root Secret. Throws ERR_AUTHORITY with what to do when it is gone or damaged. */
export async function readRoots(trustDomainObject: string, { secrets, gate }: AuthorityEffects): Promise<StoredRoots> {
  assertMaySign(gate);
  const name = rootSecretName(trustDomainObject);
  const stored = await secrets.get(name);
  if (stored === undefined) throw lost(`Secret ${name} is gone; restore it from a backup`);
  const roots = loadRoots(stored);
  if ('problem' in roots) throw lost(`Secret ${name} ${roots.problem}; restore it from a backup`);
  return roots;
}

/** The root of that id, ready to sign, or why it is not. */
export function signingRoot({ roots }: StoredRoots, id: string): RootAuthority | { readonly problem: string } {
  const root = roots.find((candidate) => candidate.id === id);
  if (root === undefined) return { problem: `does not hold root ${id}` };
  const { signer, certificate } = root;
  return signer === undefined ? { problem: `does not hold the key of ${id}` } : { certificate, signer };
}

/** The root of that id, ready to sign. Throws ERR_AUTHORITY when its key is not there. */
export function signerOf(trustDomainObject: string, stored: StoredRoots, id: string): RootAuthority {
  const root = signingRoot(stored, id);
  if ('problem' in root)
    throw lost(`Secret ${rootSecretName(trustDomainObject)} ${root.problem}; restore it from a backup`);
  return root;
}

export function lost(message: string): SignetError {
  return new SignetError('ERR_AUTHORITY', message);
}
