// SPDX-License-Identifier: Apache-2.0
/**
 * What a workload finds in a Secret, read with OpenSSL (node:crypto and its command line) and none of our own code.
 * @module
 */
import { execFile } from 'node:child_process';
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { SecretObject } from '../../support/kinds.ts';
import { present } from './world.ts';

export interface SVIDFiles {
  readonly leaf: X509Certificate;
  /** What follows the leaf in tls.crt. */
  readonly intermediates: readonly X509Certificate[];
  readonly anchors: readonly X509Certificate[];
  readonly key: KeyObject;
}

/** The text of one file of a Secret. */
export function fileOf(secret: SecretObject, name: string): string {
  return Buffer.from(present(secret.data?.[name], `file ${name}`), 'base64').toString('utf8');
}

export function svidFiles(secret: SecretObject): SVIDFiles {
  const [leaf, ...intermediates] = certificatesIn(fileOf(secret, 'tls.crt'));
  return {
    leaf: present(leaf, 'leaf'),
    intermediates,
    anchors: certificatesIn(fileOf(secret, 'ca.crt')),
    key: createPrivateKey(fileOf(secret, 'tls.key')),
  };
}

/** The serial number of the leaf as status writes it. */
export function serialOf(secret: SecretObject): string {
  return svidFiles(secret).leaf.serialNumber.toLowerCase();
}

/**
 * Why a workload could not use what it finds: the key must be the leaf's, each certificate signed by the one after it, and
 * one of them by an anchor. What follows that one is for verifiers that lag: a cross-certificate stays in tls.crt until
 * the next renewal, also when the root that signed it has left ca.crt.
 */
export function disagreement(secret: SecretObject): string | undefined {
  const { leaf, intermediates, anchors, key } = svidFiles(secret);
  if (!leaf.checkPrivateKey(key)) return 'tls.key is not the key of the leaf';
  const chain = [leaf, ...intermediates];
  const broken = chain.findIndex((below, at) => at + 1 < chain.length && !signed(below, chain[at + 1]));
  if (broken !== -1) return `certificate ${broken + 2} of tls.crt has not signed the one before it`;
  if (chain.some((below) => anchors.some((anchor) => signed(below, anchor)))) return undefined;
  const serials = anchors.map(({ serialNumber }) => serialNumber.toLowerCase());
  return `no anchor has signed a certificate of tls.crt; there are ${serials.join(', ')}`;
}

/** Whether the one is signed by the other, by name and by key. */
export function signed(below: X509Certificate, issuer: X509Certificate | undefined): boolean {
  return issuer !== undefined && below.checkIssued(issuer) && below.verify(issuer.publicKey);
}

/** The verdict of `openssl verify -x509_strict` for a server and for a client; empty: good. */
export async function opensslVerdict(secret: SecretObject): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'signet-story-'));
  try {
    const chain = path.join(folder, 'tls.crt');
    const anchors = path.join(folder, 'ca.crt');
    await writeFile(chain, fileOf(secret, 'tls.crt'));
    await writeFile(anchors, fileOf(secret, 'ca.crt'));
    const files = ['-no-CApath', '-no-CAstore', '-CAfile', anchors, '-untrusted', chain, chain];
    const verdicts = ['sslserver', 'sslclient'].map((purpose) =>
      openssl(['verify', '-x509_strict', '-purpose', purpose, ...files]),
    );
    return (await Promise.all(verdicts)).filter((verdict) => !verdict.endsWith(': OK')).join('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Some extensions of the leaf as OpenSSL prints them, one text. */
export async function opensslExtensions(secret: SecretObject, names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'signet-story-'));
  try {
    const chain = path.join(folder, 'tls.crt');
    await writeFile(chain, fileOf(secret, 'tls.crt'));
    return await openssl(['x509', '-in', chain, '-noout', '-ext', names.join(',')]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openssl(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('openssl', [...args]).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return `${stdout}${stderr}`.trim();
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
