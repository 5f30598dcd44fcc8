// SPDX-License-Identifier: Apache-2.0
/**
 * Stands in for src/reconcilers/authority/signing.ts in the model: certificates are facts, nothing is computed. The
 * rules of validity are those of the real ones.
 * @module
 */
import type { ResolvedTrustDomain } from '../../../../src/api/resolved.ts';
import type { AuthorityState } from '../../../../src/api/trust-domain.ts';
import type { AuthoritySlot } from '../../../../src/authority/document.ts';
import { SignetError } from '../../../../src/errors.ts';
import type { Certificate } from '../../../../src/pki/certificate.ts';
import type { Signer } from '../../../../src/pki/signer.ts';
import type { NewAuthority, SigningEffects } from '../../../../src/reconcilers/authority/signing.ts';
import { assertMaySign } from '../../../../src/reconcilers/signing-gate.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../../../../src/time.ts';

/** What a certificate of the model says. */
export interface Fact {
  readonly id: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

export const NO_SIGNER: Signer = {
  algorithm: 'ECDSA-P256',
  publicKey: new Uint8Array(),
  sign: () => Promise.reject(new Error('nothing is signed in a model')),
};

let made = 0;

/** The fact as the certificate that the shell passes on. */
export function certificateOfFact(fact: Fact): Certificate {
  return fact as unknown as Certificate;
}

export function factOf(certificate: Certificate): Fact {
  const { id, notBefore, notAfter } = certificate as unknown as Fact;
  return { id, notBefore, notAfter };
}

export async function makeRoot(
  trustDomain: ResolvedTrustDomain,
  state: AuthorityState,
  { gate, clock }: SigningEffects,
): Promise<NewAuthority> {
  assertMaySign(gate);
  const fact = newFact(clock.now(), trustDomain.root.ttl);
  const certificate = certificateOfFact(fact);
  const authority = { certificate, signer: NO_SIGNER };
  return { slot: slotOf('Root', state, certificate, clock), authority, keyPEM: Buffer.from('key') };
}

export async function signIntermediate(
  trustDomain: ResolvedTrustDomain,
  { certificate: root }: { readonly certificate: Certificate },
  { gate, clock }: SigningEffects,
): Promise<{ readonly slot: AuthoritySlot; readonly keyPEM: Buffer }> {
  assertMaySign(gate);
  const issuer = factOf(root);
  const fact = within(newFact(clock.now(), trustDomain.intermediate.ttl), issuer);
  const slot = slotOf('Intermediate', 'Active', certificateOfFact(fact), clock);
  const signs = { issuerID: issuer.id, longestTTL: trustDomain.maxTTL };
  return { slot: { ...slot, ...signs }, keyPEM: Buffer.from('key') };
}

export async function crossSign(
  trustDomain: ResolvedTrustDomain,
  root: Certificate,
  { certificate }: { readonly certificate: Certificate },
  { gate, clock }: SigningEffects,
): Promise<Buffer> {
  assertMaySign(gate);
  const issuer = factOf(certificate);
  const { notBefore, notAfter } = within(newFact(clock.now(), trustDomain.root.ttl), issuer);
  return Buffer.from(JSON.stringify({ id: factOf(root).id, issuerID: issuer.id, notBefore, notAfter }));
}

export function slotOf(
  kind: AuthoritySlot['kind'],
  state: AuthorityState,
  certificate: Certificate,
  clock: SigningEffects['clock'],
): AuthoritySlot {
  const fact = factOf(certificate);
  return { ...fact, kind, state, since: clock.now(), certificate: JSON.stringify(fact) };
}

function newFact(now: Instant, ttl: Duration): Fact {
  made += 1;
  const second = Math.floor(now / SECOND) * SECOND;
  return { id: made.toString(16), notBefore: second - MINUTE, notAfter: second + ttl };
}

function within(fact: Fact, issuer: Fact): Fact {
  const notBefore = Math.max(fact.notBefore, issuer.notBefore);
  const notAfter = Math.min(fact.notAfter, issuer.notAfter);
  if (notAfter <= notBefore) throw new SignetError('ERR_AUTHORITY', 'the issuer has ended');
  return { ...fact, notBefore, notAfter };
}
