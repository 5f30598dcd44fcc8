// SPDX-License-Identifier: Apache-2.0
/**
 * The first steps of an authority: a root in its Secret, and the issuing Secret beside it. The second is also how an
 * authority comes back whose issuing Secret was lost.
 * @module
 */
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import { formatTimestamp } from '../../api/timestamp.ts';
import type { RotationRequest } from '../../api/trust-domain.ts';
import type { AuthorityAction } from '../../authority/actions.ts';
import type { AuthorityDocument } from '../../authority/document.ts';
import {
  type FoundRoot,
  hasEnded,
  type Recorded,
  rebuiltRotation,
  rebuiltSlots,
  recordedRoot,
} from '../../authority/rebuild.ts';
import { begunAnew, firstDocument } from '../../authority/transitions.ts';
import type { SignetError } from '../../errors.ts';
import { assertMaySign } from '../signing-gate.ts';
import { type AuthorityEffects, lost, readRoots, signerOf } from './effects.ts';
import type { StoredRoot, StoredRoots } from './roots.ts';
import { certificateKey, issuingSecret, privateKeyKey, rootFiles, rootSecret, rootSecretName } from './secrets.ts';
import { makeRoot, type SignedIntermediate, signIntermediate } from './signing.ts';

/** Makes a root and stores it; losing the race for the name to another controller is success. */
export async function createRootSecret(trustDomain: ResolvedTrustDomain, effects: AuthorityEffects): Promise<void> {
  const { slot, keyPEM } = await makeRoot(trustDomain, 'Active', effects);
  try {
    assertMaySign(effects.gate);
    const pems = { certificate: Buffer.from(slot.certificate), key: keyPEM };
    await effects.secrets.create(rootSecret(trustDomain.name, slot.id, pems));
  } finally {
    keyPEM.fill(0);
  }
}

/** Makes the issuing Secret from the root Secret and what status remembers. */
export async function createIssuingSecret(
  trustDomain: ResolvedTrustDomain,
  { recorded, request }: Extract<AuthorityAction, { kind: 'CreateIssuing' }>,
  effects: AuthorityEffects,
): Promise<void> {
  const stored = await readRoots(trustDomain.name, effects);
  const now = effects.clock.now();
  const sources = { recorded: recorded.authorities, maxTTL: trustDomain.maxTTL };
  const rebuilt = rebuiltSlots(stored.roots.map(foundRoot), sources, now);
  if ('problem' in rebuilt)
    throw lost(`Secret ${rootSecretName(trustDomain.name)} ${rebuilt.problem}; restore it from a backup`);
  const signed = recordedRoot(recorded.authorities);
  const anew = signed !== undefined && hasEnded(signed, now) ? request : undefined;
  if (now >= rebuilt.active.notAfter) {
    if (anew === undefined) throw endedProblem(trustDomain, rebuilt.active, recorded);
    return startOver(trustDomain, { recorded, request: anew, stored }, effects);
  }
  const root = signerOf(trustDomain.name, stored, rebuilt.active.id);
  const next = await signIntermediate(trustDomain, root, effects);
  // Under a compromised root it only holds the place: nothing is signed before the next root takes over.
  const tainted = rebuilt.value.some(({ id, compromised }) => id === rebuilt.active.id && compromised === true);
  const slot = tainted ? ({ ...next.slot, compromised: true } as const) : next.slot;
  const rotation = rebuiltRotation(recorded.rotation);
  const document = {
    ...firstDocument(trustDomain.trustDomain, [...rebuilt.value, slot], now, recorded.sequence),
    ...(rotation === undefined ? {} : { rotation }),
    ...answeredBefore(trustDomain, recorded),
  };
  await storeIssuing(trustDomain, anew === undefined ? document : begunAnew(document, anew, now), next, effects);
}

async function storeIssuing(
  { name }: ResolvedTrustDomain,
  document: AuthorityDocument,
  { slot, keyPEM }: SignedIntermediate,
  { secrets, gate }: AuthorityEffects,
): Promise<void> {
  try {
    assertMaySign(gate);
    await secrets.create(issuingSecret(name, document, { id: slot.id, key: keyPEM }));
  } finally {
    keyPEM.fill(0);
  }
}

/** Both the root and what was lost under it: only a person says that everybody has to hear of another root. */
function endedProblem({ name }: ResolvedTrustDomain, { notAfter }: FoundRoot, { authorities }: Recorded): SignetError {
  const remedy =
    authorities.length > 0
      ? 'ask for RotateRoot in spec.rotation, with a new id, to begin anew under another root'
      : `delete Secret ${rootSecretName(name)} to begin anew under another root`;
  return lost(
    `the Secret of the intermediate is gone, and its root expired at ${formatTimestamp(notAfter)}, so nothing under it is valid; ${remedy}. See the runbook for lost keys`,
  );
}

interface StartingOver {
  readonly recorded: Recorded;
  readonly request: RotationRequest;
  readonly stored: StoredRoots;
}

/** A new root in place of those that have ended, and an intermediate that signs at once: there is nobody to wait for. */
async function startOver(
  trustDomain: ResolvedTrustDomain,
  { recorded, request, stored }: StartingOver,
  effects: AuthorityEffects,
): Promise<void> {
  const { secrets, gate, clock } = effects;
  const { slot, authority, keyPEM } = await makeRoot(trustDomain, 'Active', effects);
  try {
    const files = new Map<string, Buffer | null>();
    for (const { id } of stored.roots) for (const file of rootFiles(id)) files.set(file, null);
    files.set(certificateKey(slot.id), Buffer.from(slot.certificate)).set(privateKeyKey(slot.id), keyPEM);
    assertMaySign(gate);
    await secrets.patch(rootSecretName(trustDomain.name), files, stored.version);
  } finally {
    keyPEM.fill(0);
  }
  const next = await signIntermediate(trustDomain, authority, effects);
  const now = clock.now();
  const first = firstDocument(trustDomain.trustDomain, [slot, next.slot], now, recorded.sequence);
  const document = begunAnew({ ...first, ...answeredBefore(trustDomain, recorded) }, request, now);
  await storeIssuing(trustDomain, document, next, effects);
}

/** Where there was no authority before, a request in the spec is no request to this one: it came with a manifest. */
export function answeredBefore(
  { rotation }: ResolvedTrustDomain,
  { authorities, requestID, answeredIDs = [] }: Recorded,
): Pick<AuthorityDocument, 'requestID' | 'answeredIDs'> {
  const id = requestID ?? (authorities.length === 0 ? rotation?.id : undefined);
  return id === undefined ? {} : { requestID: id, ...(answeredIDs.length === 0 ? {} : { answeredIDs }) };
}

function foundRoot({ id, certificate, pem, crossPEM, signer, crossIssuerID }: StoredRoot): FoundRoot {
  const { notBefore, notAfter } = certificate;
  const cross =
    crossPEM === undefined || crossIssuerID === undefined
      ? {}
      : { cross: { certificate: crossPEM, issuerID: crossIssuerID } };
  return { id, notBefore, notAfter, certificate: pem, canSign: signer !== undefined, ...cross };
}
