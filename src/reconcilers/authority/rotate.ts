// SPDX-License-Identifier: Apache-2.0
/**
 * The steps of a rotation as writes. Where two Secrets change, the order is such that whoever is killed in between leaves
 * nothing that a second try does not mend.
 * @module
 */
import type { ObjectVersion } from '../../api/object-version.ts';
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../authority/document.ts';
import { activeSlot, isPreparedIntermediate } from '../../authority/slots.ts';
import {
  type Answer,
  neverSigns,
  takenBack,
  withActiveRoot,
  withDestroyedKeys,
  withIntermediate,
  withPreparedRoot,
} from '../../authority/transitions.ts';
import { SignetError } from '../../errors.ts';
import type { SecretFiles } from '../own-secrets.ts';
import { assertMaySign } from '../signing-gate.ts';
import { type AuthorityEffects, readRoots, signerOf, signingRoot } from './effects.ts';
import type { StoredRoot, StoredRoots } from './roots.ts';
import {
  certificateKey,
  crossCertificateKey,
  documentFiles,
  issuingSecret,
  issuingSecretName,
  privateKeyKey,
  rootFiles,
  rootSecretName,
} from './secrets.ts';
import { crossSign, makeRoot, signIntermediate, slotOf } from './signing.ts';

/** One authority whose issuing Secret was loaded at `version`. */
export interface Rotating extends AuthorityEffects {
  readonly trustDomain: ResolvedTrustDomain;
  readonly version: ObjectVersion;
}

/** A new intermediate under the active root; the key of the one before is destroyed by the same write. */
export async function replaceIntermediate(
  document: AuthorityDocument,
  answer: Answer | undefined,
  rotating: Rotating,
): Promise<void> {
  const stored = await readRoots(rotating.trustDomain.name, rotating);
  const active = activeSlot(document, 'Root');
  if (active === undefined) throw new SignetError('ERR_INVARIANT', 'an active root was expected');
  const root = signerOf(rotating.trustDomain.name, stored, active.id);
  await takeOver(rotating, root, (next) => withIntermediate(document, next, rotating.clock.now(), answer));
}

const KEY_GONE = neverSigns('the key of the published root is gone from its Secret');

/** A new intermediate under the prepared root, which signs from now on. */
export async function activateRoot(
  document: AuthorityDocument,
  prepared: AuthoritySlot,
  rotating: Rotating,
): Promise<void> {
  const stored = await readRoots(rotating.trustDomain.name, rotating);
  const root = signingRoot(stored, prepared.id);
  if ('problem' in root) {
    // A root Secret from before the rotation came back: nobody will ever have the key.
    const { next, slots } = takenBack(document, prepared, KEY_GONE, rotating.clock.now());
    return forget(next, slots, rotating);
  }
  await takeOver(rotating, root, (next) => withActiveRoot(document, prepared, next, rotating.clock.now()));
}

async function takeOver(
  rotating: Rotating,
  root: Parameters<typeof signIntermediate>[1],
  documentWith: (next: AuthoritySlot) => AuthorityDocument,
): Promise<void> {
  const { trustDomain, secrets, gate, version } = rotating;
  const next = await signIntermediate(trustDomain, root, rotating);
  try {
    const signing = { id: next.slot.id, key: next.keyPEM };
    const document = documentWith(next.slot);
    assertMaySign(gate);
    if (document.slots.some(isPreparedIntermediate)) {
      // The key of an imported one that waits for its time must stay.
      await secrets.patch(issuingSecretName(trustDomain.name), changedFiles(document, signing), version);
    } else {
      await secrets.replace(issuingSecret(trustDomain.name, document, signing), version);
    }
  } finally {
    next.keyPEM.fill(0);
  }
}

/** The document where another intermediate signs now, whose key is there already or given; those of retired ones go. */
export function changedFiles(
  document: AuthorityDocument,
  signing?: { readonly id: string; readonly key: Buffer },
): SecretFiles {
  const files = new Map<string, Buffer | null>(documentFiles(document));
  if (signing !== undefined) files.set(privateKeyKey(signing.id), signing.key);
  for (const { id, kind, state } of document.slots) {
    if (kind === 'Intermediate' && state === 'Retired') files.set(privateKeyKey(id), null);
  }
  return files;
}

/**
 * Makes the next root, stores its key and publishes it. One that was stored before a kill and never published is taken
 * up again; not so on a compromise, when whoever read the Secret may have it too.
 */
export async function prepareRoot(
  document: AuthorityDocument,
  answer: Answer | undefined,
  rotating: Rotating,
): Promise<void> {
  const { trustDomain, clock } = rotating;
  const stored = await readRoots(trustDomain.name, rotating);
  const unlisted = stored.roots.filter(({ id }) => !document.slots.some((slot) => slot.id === id));
  const active = activeSlot(document, 'Root');
  const compromise = answer?.request.action === 'Compromise' || active?.compromised === true;
  // One from before the root that signs was given up or was in a backup: it never comes back.
  const since = active?.notBefore ?? 0;
  // One that was given up while the Secret was away ended with it.
  const until = clock.now() + 2 * trustDomain.maxTTL;
  const fresh = ({ signer, certificate: { notBefore, notAfter } }: StoredRoot) =>
    signer !== undefined && notBefore > since && notAfter > until;
  const found = compromise ? undefined : unlisted.find(fresh);
  const slot = await (found === undefined
    ? storeRoot(document, { ...rotating, stored })
    : takeUp(found, document, { ...rotating, stored }));
  await writeDocument(withPreparedRoot(document, slot, clock.now(), answer), rotating);
  // Only now can nobody publish them any more: another controller that was about to is refused.
  const discarded = compromise ? unlisted.flatMap(({ id }) => rootFiles(id)) : [];
  if (discarded.length > 0) await removeRootFiles(discarded, rotating);
}

interface WithRoots extends Rotating {
  readonly stored: StoredRoots;
}

async function storeRoot(document: AuthorityDocument, rotating: WithRoots): Promise<AuthoritySlot> {
  const { trustDomain, secrets, gate, stored } = rotating;
  const { slot, authority, keyPEM } = await makeRoot(trustDomain, 'Prepared', rotating);
  try {
    const cross = await crossOf(authority.certificate, document, rotating);
    const files = new Map<string, Buffer>();
    files.set(certificateKey(slot.id), Buffer.from(slot.certificate)).set(privateKeyKey(slot.id), keyPEM);
    if (cross !== undefined) files.set(crossCertificateKey(slot.id), cross.pem);
    assertMaySign(gate);
    await secrets.patch(rootSecretName(trustDomain.name), files, stored.version);
    return withCross(slot, cross);
  } finally {
    keyPEM.fill(0);
  }
}

async function takeUp(found: StoredRoot, document: AuthorityDocument, rotating: WithRoots): Promise<AuthoritySlot> {
  const { trustDomain, secrets, gate, stored, clock } = rotating;
  const cross = await crossOf(found.certificate, document, rotating);
  if (cross !== undefined) {
    assertMaySign(gate);
    const files = new Map([[crossCertificateKey(found.id), cross.pem]]);
    await secrets.patch(rootSecretName(trustDomain.name), files, stored.version);
  }
  return withCross(slotOf('Root', 'Prepared', found.certificate, clock), cross);
}

interface Cross {
  readonly pem: Buffer;
  readonly issuerID: string;
}

/** Undefined: the active root has ended, and nothing that it signs would be accepted by anybody; or its key is not here. */
async function crossOf(
  root: StoredRoot['certificate'],
  document: AuthorityDocument,
  rotating: WithRoots,
): Promise<Cross | undefined> {
  const { trustDomain, clock, stored } = rotating;
  const active = activeSlot(document, 'Root');
  if (active === undefined || clock.now() >= active.notAfter) return undefined;
  if (active.keyDestroyed === true) return undefined;
  const issuer = signerOf(trustDomain.name, stored, active.id);
  return { pem: await crossSign(trustDomain, root, issuer, rotating), issuerID: active.id };
}

function withCross(slot: AuthoritySlot, cross: Cross | undefined): AuthoritySlot {
  if (cross === undefined) return slot;
  return { ...slot, cross: { certificate: cross.pem.toString('utf8'), issuerID: cross.issuerID } };
}

/** The keys first, then the note that they are gone. */
export async function destroyRootKeys(
  document: AuthorityDocument,
  roots: readonly AuthoritySlot[],
  rotating: Rotating,
): Promise<void> {
  await removeRootFiles(
    roots.map(({ id }) => privateKeyKey(id)),
    rotating,
  );
  await writeDocument(withDestroyedKeys(document, roots, rotating.clock.now()), rotating);
}

/** Whatever the root Secret holds of these, then their slots, and the keys of imported ones that never signed. */
export async function forget(
  next: AuthorityDocument,
  slots: readonly AuthoritySlot[],
  rotating: Rotating,
): Promise<void> {
  const files = slots.filter(({ kind }) => kind === 'Root').flatMap(({ id }) => rootFiles(id));
  if (files.length > 0) await removeRootFiles(files, rotating);
  const keys = slots.filter(isPreparedIntermediate).map(({ id }) => privateKeyKey(id));
  await writeDocument(next, rotating, keys);
}

/** Changes the document and leaves the keys beside it alone, but for those that go with it. */
export async function writeDocument(
  document: AuthorityDocument,
  { trustDomain, secrets, gate, version }: Rotating,
  gone: readonly string[] = [],
): Promise<void> {
  assertMaySign(gate);
  const files = new Map<string, Buffer | null>(documentFiles(document));
  for (const key of gone) files.set(key, null);
  await secrets.patch(issuingSecretName(trustDomain.name), files, version);
}

async function removeRootFiles(files: readonly string[], { trustDomain, secrets, gate }: Rotating): Promise<void> {
  const name = rootSecretName(trustDomain.name);
  const version = await secrets.head(name);
  if (version === undefined) return;
  assertMaySign(gate);
  await secrets.patch(name, new Map(files.map((file) => [file, null])), version);
}
