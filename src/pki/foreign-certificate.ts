// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates that somebody else made, read twice: by our strict reader, whose facts everything else works with, and by
 * @peculiar/x509, which must find the same facts. The library is loaded with the first one only.
 * @module
 */
import type * as Library from '@peculiar/x509';
import { isSignetError } from '../errors.ts';
import { type Certificate, parseCertificate, serialNumberHex } from './certificate.ts';

/** A certificate and what people call it. */
export interface ForeignCertificate {
  readonly certificate: Certificate;
  /** The subject as text, for messages only: nothing is decided by it. */
  readonly subject: string;
  readonly issuer: string;
}

type Reader = typeof Library;

/** Never throws for bytes: what cannot be read, or is read in two ways, is a problem that reads on after its place. */
export async function readForeignCertificate(
  der: Uint8Array,
): Promise<{ readonly value: ForeignCertificate } | { readonly problem: string }> {
  const certificate = readStrictly(der);
  if ('problem' in certificate) return certificate;
  const library = await load();
  try {
    const theirs = new library.X509Certificate(new Uint8Array(certificate.der));
    const disputed = disputedFact(certificate, theirs, library);
    if (disputed !== undefined) return { problem: `has a ${disputed} that two readers understand differently` };
    return { value: { certificate, subject: readable(theirs.subject), issuer: readable(theirs.issuer) } };
  } catch {
    // Whatever the library throws at its own parsing says the same: it cannot read this.
    return { problem: 'is malformed: a second reader refuses it' };
  }
}

async function load(): Promise<Reader> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function readStrictly(der: Uint8Array): Certificate | { readonly problem: string } {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (isSignetError(error, 'ERR_DER'))
      return { problem: `is not strict DER in the form of RFC 5280: ${error.message}` };
    throw error;
  }
}

type Fact = readonly [name: string, ours: unknown, theirs: unknown];

/** The name of the first fact, of those that trust rests on, about which the readers disagree. */
function disputedFact(ours: Certificate, theirs: Library.X509Certificate, library: Reader): string | undefined {
  const facts: readonly Fact[] = [
    ['serial number', significant(serialNumberHex(ours)), significant(theirs.serialNumber)],
    ['start', ours.notBefore, theirs.notBefore.getTime()],
    ['end', ours.notAfter, theirs.notAfter.getTime()],
    ['public key', hex(ours.publicKey), hex(theirs.publicKey.rawData)],
    ['signature', hex(ours.signature), hex(theirs.signature)],
    ...powerFacts(ours, theirs, library),
    ...nameFacts(ours, theirs, library),
  ];
  return facts.find(([, our, their]) => our !== their)?.[0];
}

const USAGES = ['digitalSignature', 'keyCertSign', 'cRLSign'] as const;

/** What the holder of the key may do. */
function powerFacts(ours: Certificate, theirs: Library.X509Certificate, library: Reader): readonly Fact[] {
  const constraints = theirs.getExtension(library.BasicConstraintsExtension);
  const usages = theirs.getExtension(library.KeyUsagesExtension)?.usages ?? 0;
  const ourUsages = USAGES.filter((usage) => ours.keyUsage?.includes(usage));
  const theirUsages = USAGES.filter((usage) => (usages & library.KeyUsageFlags[usage]) !== 0);
  const critical = theirs.extensions.filter((extension) => extension.critical);
  return [
    ['CA flag', ours.ca, constraints?.ca ?? false],
    ['path length', ours.pathLength, constraints?.pathLength],
    ['key usage', ourUsages.join(' '), theirUsages.join(' ')],
    ['list of critical extensions', ours.critical.size + ours.unknownCritical.length, critical.length],
  ];
}

function nameFacts(ours: Certificate, theirs: Library.X509Certificate, library: Reader): readonly Fact[] {
  const names = theirs.getExtension(library.SubjectAlternativeNameExtension)?.names.items ?? [];
  const namesOf = (type: string): string => names.flatMap((name) => (name.type === type ? [name.value] : [])).join(' ');
  const ownKeyID = theirs.getExtension(library.SubjectKeyIdentifierExtension)?.keyId;
  const issuerKeyID = theirs.getExtension(library.AuthorityKeyIdentifierExtension)?.keyId;
  return [
    ['URI name', ours.uris.join(' '), namesOf('url')],
    ['DNS name', ours.dnsNames.join(' '), namesOf('dns')],
    ['subject key identifier', hex(ours.subjectKeyID), ownKeyID ?? ''],
    ['authority key identifier', hex(ours.authorityKeyID), issuerKeyID ?? ''],
  ];
}

function hex(octets: Uint8Array | ArrayBuffer | undefined): string {
  return octets === undefined ? '' : Buffer.from(new Uint8Array(octets)).toString('hex');
}

/** The library leaves out the zero octet that keeps a number positive. */
function significant(digits: string): string {
  return digits.replace(/^(00)+/u, '');
}

const MAX_NAME_LENGTH = 100;

/** On one line, whatever stands in the name, and not longer than a message can bear. */
function readable(name: string): string {
  const plain = name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return plain.length > MAX_NAME_LENGTH ? `${plain.slice(0, MAX_NAME_LENGTH)}...` : plain || 'no name';
}
