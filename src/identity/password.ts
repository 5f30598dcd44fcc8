// SPDX-License-Identifier: Apache-2.0
/**
 * The password of the PKCS#12 files as far as decisions go: which version of its Secret they were written for, whether
 * it has changed since, and what keeps them from being written. The password itself never comes here.
 * @module
 */

import { passwordSource } from '../api/format-validation.ts';
import type { PasswordSource } from '../api/resolved.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import { PASSWORD_DIGEST_ANNOTATION, PASSWORD_LABEL } from '../api/well-known.ts';
import type { Desired } from './desired.ts';
import type { Observed, PasswordRead, SecretMeta } from './observed.ts';
import type { IdentityProblem } from './problem.ts';
import { trusted } from './stored.ts';

/** Where an identity's password is, of a spec that may be invalid; undefined where PKCS12 is not among its formats. */
export function passwordSecretOf({ spec }: Pick<ServiceIdentity, 'spec'>): PasswordSource | undefined {
  return passwordSource(spec.secret?.formats ?? []);
}

interface RecordedPassword {
  readonly version: string;
  /** Empty: there was one that could not be used, and the PKCS#12 files were left out. */
  readonly digest: string;
}

/** What the Secret says of the password its PKCS#12 files were written for; of a trusted Secret only. */
function recordedPassword({ annotations }: SecretMeta): RecordedPassword | undefined {
  const [version, digest = ''] = (annotations[PASSWORD_DIGEST_ANNOTATION] ?? '').split(' ');
  return version === undefined || version === '' ? undefined : { version, digest };
}

/** The annotation that records a password. */
export function passwordRecord(version: string, read: PasswordRead): string {
  return `${version} ${'digest' in read ? read.digest : ''}`;
}

/** Whether the password has to be read before anything can be decided. */
export function passwordUnread({ identity, secret, password }: Observed, desired: Desired): boolean {
  if (desired.password === undefined || secret === undefined || password?.version === undefined) return false;
  if (password.read !== undefined || !trusted(identity, secret.meta)) return false;
  const recorded = recordedPassword(secret.meta);
  return recorded?.version !== password.version || recorded.digest === '';
}

/** Whether the stored PKCS#12 files have another password than they should, or are missing although there is one. */
export function passwordChanged({ identity, secret, password }: Observed, desired: Desired): boolean {
  if (desired.password === undefined || secret === undefined || password?.read === undefined) return false;
  if ('problem' in password.read || !trusted(identity, secret.meta)) return false;
  return recordedPassword(secret.meta)?.digest !== password.read.digest;
}

/** Whether what was read of the Secret was judged with the password that is there now. */
export function judgedWithPassword({ secret, password }: Observed): boolean {
  return secret?.content?.passwordVersion === password?.version;
}

/** What keeps the PKCS#12 files from being written, or undefined. */
export function formatProblem(identity: ServiceIdentity, password: Observed['password']): IdentityProblem | undefined {
  const source = passwordSecretOf(identity);
  if (source === undefined || password === undefined) return undefined;
  const { name } = source;
  if (password.version === undefined) {
    const message = `there is no Secret ${name} with the label ${PASSWORD_LABEL}: "true" in this namespace; create it or label it`;
    return { reason: 'PasswordNotFound', message };
  }
  if (password.read === undefined || 'digest' in password.read) return undefined;
  return { reason: 'PasswordInvalid', message: `Secret ${name}: ${password.read.problem}` };
}
