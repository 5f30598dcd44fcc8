// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the files of a ServiceIdentity's Secret as a pod has them mounted, and notices when they change. It knows
 * nothing of connections.
 * @module
 */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { setInterval } from 'node:timers/promises';
import type { SecureContextOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { identify } from './peer.ts';

/** How often the files are looked at. It counts against the TrustDomain's propagationMargin. */
const LOOK_EVERY_MS = 500;

export interface Identity {
  /** tls.crt: our certificate, then those between it and the root. */
  readonly certificates: string;
  /** tls.key */
  readonly privateKey: string;
  /** ca.crt: whom we trust. */
  readonly anchors: string;
  readonly spiffeID: string;
  readonly serialNumber: string;
  readonly notAfter: string;
  /** Undefined: everybody of the trust domain. Empty: nobody. */
  readonly allowedClients: readonly string[] | undefined;
  readonly allowedServers: readonly string[] | undefined;
}

/** Reads the identity in `directory`; an Error when a file is missing or the key is not the certificate's. */
export async function readIdentity(directory: string): Promise<Identity> {
  const folder = await currentFolder(directory);
  const [certificates, privateKey, anchors, allowedClients, allowedServers] = await Promise.all([
    readFile(path.join(folder, 'tls.crt'), 'utf8'),
    readFile(path.join(folder, 'tls.key'), 'utf8'),
    readFile(path.join(folder, 'ca.crt'), 'utf8'),
    readPeers(path.join(folder, 'allowed-clients')),
    readPeers(path.join(folder, 'allowed-servers')),
  ]);
  // The folder goes when the next one comes; a list that went in the meantime must not read as "no list".
  if ((await currentFolder(directory)) !== folder) throw new Error(`${directory} changed while it was read`);
  const certificate = new X509Certificate(certificates);
  if (!certificate.checkPrivateKey(createPrivateKey(privateKey))) {
    throw new Error(`tls.key in ${directory} is not the key of tls.crt`);
  }
  const { id, problem } = identify(certificate);
  if (id === undefined || problem !== undefined)
    throw new Error(`tls.crt in ${directory}: ${problem ?? 'no SPIFFE ID'}`);
  return {
    certificates,
    privateKey,
    anchors,
    spiffeID: id,
    serialNumber: certificate.serialNumber.toLowerCase(),
    notAfter: certificate.validToDate.toISOString(),
    allowedClients,
    allowedServers,
  };
}

/**
 * Calls `onChange` with every new identity, until the process ends. What cannot be read is reported and tried again:
 * until then the last identity is the best there is.
 */
export async function followIdentity(
  directory: string,
  first: Identity,
  onChange: (identity: Identity) => void,
  onProblem: (error: unknown) => void,
): Promise<void> {
  let current = first;
  for await (const _ of setInterval(LOOK_EVERY_MS, undefined, { ref: false })) {
    try {
      const next = await readIdentity(directory);
      if (isDeepStrictEqual(next, current)) continue;
      current = next;
      onChange(next);
    } catch (error) {
      onProblem(error);
    }
  }
}

/** The TLS settings of both sides. Give them anew to each connection, or to `server.setSecureContext`. */
export function secureContext({ certificates, privateKey, anchors }: Identity): SecureContextOptions {
  return {
    cert: certificates,
    key: privateKey,
    // Only these: without `ca`, Node trusts every public authority.
    ca: anchors,
    minVersion: 'TLSv1.3',
    // No session tickets: a resumed connection would skip the check of the peer's certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/**
 * The kubelet writes all files of a Secret into a new folder and then turns the link `..data` to it. Reading through
 * the link once gives files that belong together. A plain directory is read as it is.
 */
async function currentFolder(directory: string): Promise<string> {
  return (await orAbsent(realpath(path.join(directory, '..data')))) ?? directory;
}

/** One SPIFFE ID pattern a line. */
async function readPeers(file: string): Promise<string[] | undefined> {
  const text = await orAbsent(readFile(file, 'utf8'));
  return text?.split('\n').filter((line) => line !== '');
}

async function orAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
