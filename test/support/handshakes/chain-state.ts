// SPDX-License-Identifier: Apache-2.0
/**
 * What the files of a pod say about authorities, read with node:crypto and none of our own code.
 * @module
 */
import { X509Certificate } from 'node:crypto';

/** The files of a Secret that a pod mounts. */
export interface PodFiles {
  readonly certificate: string;
  readonly key: string;
  readonly anchors: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/gu;

/** The PEM blocks of a file, in order. */
export function certificateBlocks(pem: string): string[] {
  return pem.match(BLOCK) ?? [];
}

/** The id of the authority that signed the leaf; undefined when there is none. */
export function issuerOf({ certificate }: PodFiles): string | undefined {
  const [leaf] = certificateBlocks(certificate);
  return leaf === undefined ? undefined : authorityName(new X509Certificate(leaf).issuer);
}

/** The ids of the roots in ca.crt. */
export function anchorsOf({ anchors }: PodFiles): string[] {
  return certificateBlocks(anchors).map((block) => authorityName(new X509Certificate(block).subject));
}

/** For example `leaf by 31…f0 until 12:00:05; chain 31…f0 by 8a…11; anchors 8a…11`. */
export function describeFiles(files: PodFiles): string {
  const [leaf, ...chain] = certificateBlocks(files.certificate).map((block) => new X509Certificate(block));
  const links = chain.map(({ subject, issuer }) => `${authorityName(subject)} by ${authorityName(issuer)}`);
  const own = leaf === undefined ? 'no leaf' : `leaf by ${authorityName(leaf.issuer)} until ${leaf.validTo}`;
  return `${own}; chain ${links.join(', ') || 'empty'}; anchors ${anchorsOf(files).join(', ') || 'none'}`;
}

/** An authority's name ends with its id. */
function authorityName(name: string): string {
  return /CN=.*?([0-9a-f]{8,})$/mu.exec(name)?.[1]?.slice(0, 8) ?? name.replaceAll('\n', ',');
}
