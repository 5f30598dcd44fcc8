// SPDX-License-Identifier: Apache-2.0
/**
 * Carries out one step of an authority's plan. Every write carries the version it was decided on, so of two
 * controllers that take the same step one wins and the other looks again (design rule 14).
 * @module
 */
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import type { AuthorityKind } from '../../api/trust-domain.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../authority/document.ts';
import { type AuthorityAction, withIntermediate, withoutSlots } from '../../authority/plan.ts';
import { activeSlot } from '../../authority/slots.ts';
import type { Clock } from '../../controller/clock.ts';
import { SignetError } from '../../errors.ts';
import { createIntermediate, createRoot, type RootAuthority } from '../../pki/authority.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { authorityID, generateKeyPair } from '../../pki/key-pair.ts';
import { BACKDATE } from '../../pki/mint.ts';
import { encodePEM } from '../../pki/pem.ts';
import { privateKeySigner } from '../../pki/signer.ts';
import type { Duration } from '../../time.ts';
import { assertMaySign, type SigningGate } from '../signing-gate.ts';
import { type LoadedAuthority, loadRoot } from './load.ts';
import {
  type AuthoritySecrets,
  issuingSecret,
  issuingSecretName,
  privateKeyKey,
  rootSecret,
  rootSecretName,
  type SecretVersion,
} from './secrets.ts';

export interface AuthorityEffects {
  readonly secrets: AuthoritySecrets;
  readonly gate: SigningGate;
  readonly clock: Clock;
}

/** Applies a step. Throws ERR_AUTHORITY with what to do when the root cannot sign, ERR_KUBE_* when a write fails. */
export async function applyAuthority(
  action: AuthorityAction,
  trustDomain: ResolvedTrustDomain,
  loaded: LoadedAuthority | undefined,
  effects: AuthorityEffects,
): Promise<void> {
  switch (action.kind) {
    case 'CreateRoot':
      return createRootSecret(trustDomain, effects);
    case 'CreateIssuing':
      return createIssuingSecret(trustDomain, effects);
    case 'ReplaceIntermediate':
      return replaceIntermediate(action.document, action.retire, trustDomain, { ...effects, loaded });
    case 'Forget':
      return forget(withoutSlots(action.document, action.slots), trustDomain, { ...effects, loaded });
    default:
      return action satisfies never;
  }
}

async function createRootSecret(trustDomain: ResolvedTrustDomain, effects: AuthorityEffects): Promise<void> {
  const key = await generateKeyPair(trustDomain.root.keyAlgorithm);
  const keyPEM = encodePEM('PRIVATE KEY', key.privateKey);
  try {
    assertMaySign(effects.gate);
    const signer = privateKeySigner(key.privateKey);
    const validity = validityFrom(effects.clock, trustDomain.root.ttl);
    const certificate = await createRoot({ trustDomain: trustDomain.trustDomain, signer, ...validity });
    const pems = { certificate: encodePEM('CERTIFICATE', certificate.der), key: keyPEM };
    assertMaySign(effects.gate);
    await effects.secrets.create(rootSecret(trustDomain.name, authorityID(key.publicKey), pems));
  } finally {
    key.privateKey.fill(0);
    keyPEM.fill(0);
  }
}

async function createIssuingSecret(trustDomain: ResolvedTrustDomain, effects: AuthorityEffects): Promise<void> {
  const root = await readRoot(trustDomain, undefined, effects);
  const since = effects.clock.now();
  const base = {
    trustDomain: trustDomain.trustDomain,
    slots: [slot('Root', root.certificate, { since, pem: root.pem })],
  };
  const next = await signIntermediate(trustDomain, root, effects);
  try {
    const document = { ...base, slots: [...base.slots, next.slot] };
    assertMaySign(effects.gate);
    await effects.secrets.create(issuingSecret(trustDomain.name, document, { id: next.slot.id, key: next.keyPEM }));
  } finally {
    next.keyPEM.fill(0);
  }
}

interface LoadedEffects extends AuthorityEffects {
  readonly loaded: LoadedAuthority | undefined;
}

async function replaceIntermediate(
  document: AuthorityDocument,
  retire: AuthoritySlot,
  trustDomain: ResolvedTrustDomain,
  effects: LoadedEffects,
): Promise<void> {
  const root = await readRoot(trustDomain, activeSlot(document, 'Root')?.id, effects);
  const next = await signIntermediate(trustDomain, root, effects);
  try {
    const changed = withIntermediate(document, retire, next.slot);
    const secret = issuingSecret(trustDomain.name, changed, { id: next.slot.id, key: next.keyPEM });
    assertMaySign(effects.gate);
    await effects.secrets.replace(secret, versionOf(effects.loaded));
  } finally {
    next.keyPEM.fill(0);
  }
}

/** The key of the signing intermediate is read again rather than kept: memory holds it only as a KeyObject. */
async function forget(
  document: AuthorityDocument,
  trustDomain: ResolvedTrustDomain,
  effects: LoadedEffects,
): Promise<void> {
  const stored = await effects.secrets.get(issuingSecretName(trustDomain.name));
  const active = activeSlot(document, 'Intermediate');
  const key = active === undefined ? undefined : stored?.data.get(privateKeyKey(active.id));
  if (active === undefined || key === undefined)
    throw lost('the key of the signing intermediate is gone from its Secret');
  try {
    assertMaySign(effects.gate);
    await effects.secrets.replace(
      issuingSecret(trustDomain.name, document, { id: active.id, key }),
      versionOf(effects.loaded),
    );
  } finally {
    key.fill(0);
  }
}

async function readRoot(
  trustDomain: ResolvedTrustDomain,
  id: string | undefined,
  { secrets, gate }: AuthorityEffects,
): Promise<RootAuthority & { readonly pem: string }> {
  assertMaySign(gate);
  const name = rootSecretName(trustDomain.name);
  const stored = await secrets.get(name);
  if (stored === undefined) throw lost(`Secret ${name} is gone; restore it from a backup`);
  const root = loadRoot(stored, id);
  if ('problem' in root) throw lost(`Secret ${name} ${root.problem}; restore it from a backup`);
  return root;
}

async function signIntermediate(
  trustDomain: ResolvedTrustDomain,
  root: RootAuthority,
  { gate, clock }: AuthorityEffects,
): Promise<{ readonly slot: AuthoritySlot; readonly keyPEM: Buffer }> {
  const key = await generateKeyPair(trustDomain.intermediate.keyAlgorithm);
  try {
    assertMaySign(gate);
    const wanted = validityFrom(clock, trustDomain.intermediate.ttl);
    const notBefore = Math.max(wanted.notBefore, root.certificate.notBefore);
    const notAfter = Math.min(wanted.notAfter, root.certificate.notAfter);
    const { publicKey } = key;
    const request = { trustDomain: trustDomain.trustDomain, publicKey, issuer: root, notBefore, notAfter };
    const certificate = await createIntermediate(request);
    const pem = encodePEM('CERTIFICATE', certificate.der).toString('utf8');
    const issuerID = authorityID(root.certificate.publicKey);
    const next = { ...slot('Intermediate', certificate, { since: clock.now(), pem }), issuerID };
    return { slot: next, keyPEM: encodePEM('PRIVATE KEY', key.privateKey) };
  } finally {
    key.privateKey.fill(0);
  }
}

function slot(
  kind: AuthorityKind,
  certificate: Certificate,
  { since, pem }: { since: number; pem: string },
): AuthoritySlot {
  const { notBefore, notAfter, publicKey } = certificate;
  return { id: authorityID(publicKey), kind, state: 'Active', since, notBefore, notAfter, certificate: pem };
}

function validityFrom(clock: Clock, ttl: Duration): { notBefore: number; notAfter: number } {
  const second = Math.floor(clock.now() / 1000) * 1000;
  return { notBefore: second - BACKDATE, notAfter: second + ttl };
}

function versionOf(loaded: LoadedAuthority | undefined): SecretVersion {
  if (loaded === undefined) throw new SignetError('ERR_INVARIANT', 'a loaded authority was expected');
  return loaded.version;
}

function lost(message: string): SignetError {
  return new SignetError('ERR_AUTHORITY', message);
}
