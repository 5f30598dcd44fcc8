// SPDX-License-Identifier: Apache-2.0
/**
 * Makes the certificates of an authority: keys, validity, and the slots they are recorded in. The gate is asked before
 * each signature (design rule 14).
 * @module
 */
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import type { AuthorityState } from '../../api/trust-domain.ts';
import type { AuthoritySlot } from '../../authority/document.ts';
import type { Clock } from '../../controller/clock.ts';
import { createCrossCertificate, createIntermediate, createRoot, type RootAuthority } from '../../pki/authority.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { authorityID, generateKeyPair } from '../../pki/key-pair.ts';
import { encodePEM } from '../../pki/pem.ts';
import { privateKeySigner } from '../../pki/signer.ts';
import { BACKDATE } from '../../spiffe/svid.ts';
import { type Duration, SECOND } from '../../time.ts';
import { assertMaySign, gatedSigner, type SigningGate } from '../signing-gate.ts';
import { certificateFacts } from './certificates.ts';

export interface SigningEffects {
  readonly gate: SigningGate;
  readonly clock: Clock;
}

/** The holder zeroes the key. */
export interface NewAuthority {
  readonly slot: AuthoritySlot;
  readonly authority: RootAuthority;
  readonly keyPEM: Buffer;
}

/** The holder zeroes the key. */
export interface SignedIntermediate {
  readonly slot: AuthoritySlot;
  readonly keyPEM: Buffer;
}

/** A new root, in the state given. */
export async function makeRoot(
  trustDomain: ResolvedTrustDomain,
  state: AuthorityState,
  { gate, clock }: SigningEffects,
): Promise<NewAuthority> {
  const key = await generateKeyPair(trustDomain.root.keyAlgorithm);
  try {
    assertMaySign(gate);
    const signer = gatedSigner(privateKeySigner(key.privateKey), gate);
    const validity = validityFrom(clock, trustDomain.root.ttl);
    const certificate = await createRoot({ trustDomain: trustDomain.trustDomain, signer, ...validity });
    const slot = slotOf('Root', state, certificate, clock);
    return { slot, authority: { certificate, signer }, keyPEM: encodePEM('PRIVATE KEY', key.privateKey) };
  } finally {
    key.privateKey.fill(0);
  }
}

/** An intermediate under the root that signs from now on; it never outlives the root. */
export async function signIntermediate(
  trustDomain: ResolvedTrustDomain,
  root: RootAuthority,
  { gate, clock }: SigningEffects,
): Promise<SignedIntermediate> {
  const key = await generateKeyPair(trustDomain.intermediate.keyAlgorithm);
  try {
    assertMaySign(gate);
    const validity = within(validityFrom(clock, trustDomain.intermediate.ttl), root.certificate);
    const { publicKey } = key;
    const certificate = await createIntermediate({
      trustDomain: trustDomain.trustDomain,
      publicKey,
      issuer: root,
      ...validity,
    });
    const issuerID = authorityID(root.certificate.publicKey);
    const signs = { issuerID, longestTTL: trustDomain.maxTTL };
    const slot = { ...slotOf('Intermediate', 'Active', certificate, clock), ...signs };
    return { slot, keyPEM: encodePEM('PRIVATE KEY', key.privateKey) };
  } finally {
    key.privateKey.fill(0);
  }
}

/** PEM of the new root's name and key under the old root's signature; it never outlives the old root. */
export async function crossSign(
  trustDomain: ResolvedTrustDomain,
  root: Certificate,
  issuer: RootAuthority,
  { gate, clock }: SigningEffects,
): Promise<Buffer> {
  assertMaySign(gate);
  const validity = within(validityFrom(clock, trustDomain.root.ttl), issuer.certificate);
  const request = { trustDomain: trustDomain.trustDomain, root, issuer, ...validity };
  return encodePEM('CERTIFICATE', (await createCrossCertificate(request)).der);
}

/** The slot of an authority's certificate. */
export function slotOf(
  kind: AuthoritySlot['kind'],
  state: AuthorityState,
  certificate: Certificate,
  clock: Clock,
): AuthoritySlot {
  const { id, notBefore, notAfter, certificate: pem } = certificateFacts(certificate);
  return { id, kind, state, since: clock.now(), notBefore, notAfter, certificate: pem };
}

interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

function within({ notBefore, notAfter }: Validity, issuer: Certificate): Validity {
  return { notBefore: Math.max(notBefore, issuer.notBefore), notAfter: Math.min(notAfter, issuer.notAfter) };
}

function validityFrom(clock: Clock, ttl: Duration): Validity {
  const second = Math.floor(clock.now() / SECOND) * SECOND;
  return { notBefore: second - BACKDATE, notAfter: second + ttl };
}
