// SPDX-License-Identifier: Apache-2.0
/**
 * The Secret with the webhook's serving certificate: read into what the plan decides on, and written anew for each of
 * its steps. The key of an authority is never among its files.
 * @module
 */
import {
  CA_CERT_KEY,
  MANAGED_LABEL,
  MANAGED_SERVING,
  NEXT_CERT_KEY,
  NEXT_PRIVATE_KEY_KEY,
  SERVING_SECRET_TYPE,
  TLS_CERT_KEY,
  TLS_PRIVATE_KEY_KEY,
} from '../../api/well-known.ts';
import { authorityName } from '../../pki/names.ts';
import { encodePEM } from '../../pki/pem.ts';
import {
  readServingAuthorities,
  readServingPair,
  type ServingAuthorityFacts,
  type ServingFiles,
} from '../../pki/serving-certificate.ts';
import type { ServingSlot, StoredServing } from '../../serving-certificate/plan.ts';
import type { OwnSecret, StoredSecret } from '../own-secrets.ts';

export interface ReadServing {
  readonly stored: StoredServing;
  readonly problem: string | undefined;
  /** It has no label of ours and nothing that we could have stored: it must not be overwritten (design rule 12). */
  readonly foreign: boolean;
  readonly authorities: readonly ServingAuthorityFacts[];
}

/** What the Secret holds. What cannot be used is left out, and `problem` says so. */
export function readServing({ data, managed }: StoredSecret): ReadServing {
  const problems: string[] = managed === true ? [] : ['has lost its label'];
  const read = readServingAuthorities(data.get(CA_CERT_KEY) ?? Buffer.alloc(0));
  const authorities = 'value' in read ? read.value : [];
  if ('problem' in read) problems.push(`${CA_CERT_KEY} ${read.problem}`);
  const slot = (certificate: string, key: string): ServingSlot | undefined => {
    const [certificatePEM, keyPEM] = [data.get(certificate), data.get(key)];
    if (certificatePEM === undefined && keyPEM === undefined) return undefined;
    const pair = readServingPair(certificatePEM ?? Buffer.alloc(0), keyPEM ?? Buffer.alloc(0), authorities);
    if ('value' in pair) return pair.value;
    problems.push(`${certificate} ${pair.problem}`);
    return undefined;
  };
  const current = slot(TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY);
  const next = slot(NEXT_CERT_KEY, NEXT_PRIVATE_KEY_KEY);
  const stored = {
    authorities: authorities.map(({ id, notAfter }) => ({ id, notAfter })),
    ...(current === undefined ? {} : { current }),
    ...(next === undefined ? {} : { next }),
  };
  const foreign = managed !== true && !(authorities.length > 0 && authorities.every(isNamedByUs));
  return { stored, foreign, problem: problems.length === 0 ? undefined : problems.join('; '), authorities };
}

/** Other makers of certificates name their authorities otherwise. */
function isNamedByUs({ id, certificate }: ServingAuthorityFacts): boolean {
  return Buffer.compare(certificate.subject, authorityName('webhook', id)) === 0;
}

/** The caBundle: PEM of the authorities, in their order. */
export function bundlePEM(authorities: readonly ServingAuthorityFacts[]): Buffer {
  return Buffer.concat(authorities.map(({ certificate }) => encodePEM('CERTIFICATE', certificate.der)));
}

/** The Secret with a certificate to come. `before` and its Buffers: as read. */
export function preparedSecret(
  name: string,
  before: { readonly secret: StoredSecret; readonly read: ReadServing } | undefined,
  keep: readonly string[],
  made: ServingFiles,
): OwnSecret {
  const authorities = before?.read.authorities.filter(({ id }) => keep.includes(id)) ?? [];
  const data = new Map([
    [CA_CERT_KEY, Buffer.concat([bundlePEM(authorities), made.authority])],
    [NEXT_CERT_KEY, made.certificate],
    [NEXT_PRIVATE_KEY_KEY, made.key],
  ]);
  // What is served stays, where it is sound.
  if (before?.read.stored.current !== undefined) carry(before.secret, data, [TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY]);
  return secretOf(name, data);
}

/** The Secret in which the next certificate is the one to serve. */
export function promotedSecret(name: string, before: StoredSecret): OwnSecret {
  const data = new Map<string, Buffer>();
  carry(before, data, [CA_CERT_KEY]);
  const next = [before.data.get(NEXT_CERT_KEY), before.data.get(NEXT_PRIVATE_KEY_KEY)] as const;
  if (next[0] !== undefined && next[1] !== undefined) {
    data.set(TLS_CERT_KEY, next[0]);
    data.set(TLS_PRIVATE_KEY_KEY, next[1]);
  }
  return secretOf(name, data);
}

/** The Secret without the authorities that are not kept. */
export function prunedSecret(
  name: string,
  before: { readonly secret: StoredSecret; readonly read: ReadServing },
  keep: readonly string[],
): OwnSecret {
  const data = new Map([[CA_CERT_KEY, bundlePEM(before.read.authorities.filter(({ id }) => keep.includes(id)))]]);
  carry(before.secret, data, [TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY]);
  return secretOf(name, data);
}

function carry({ data: from }: StoredSecret, to: Map<string, Buffer>, keys: readonly string[]): void {
  for (const key of keys) {
    const file = from.get(key);
    if (file !== undefined) to.set(key, file);
  }
}

function secretOf(name: string, data: ReadonlyMap<string, Buffer>): OwnSecret {
  return { name, type: SERVING_SECRET_TYPE, labels: { [MANAGED_LABEL]: MANAGED_SERVING }, data };
}
