// SPDX-License-Identifier: Apache-2.0
/**
 * The first steps of an authority: a root in its Secret, and the issuing Secret beside it. The second is also how an
 * authority comes back whose issuing Secret was lost.
 * @module
 */
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import { type FoundRoot, type Recorded, rebuiltRotation, rebuiltSlots } from '../../authority/rebuild.ts';
import { firstDocument } from '../../authority/transitions.ts';
import { assertMaySign } from '../signing-gate.ts';
import { type AuthorityEffects, lost, readRoots, signerOf } from './effects.ts';
import type { StoredRoot } from './roots.ts';
import { issuingSecret, rootSecret, rootSecretName } from './secrets.ts';
import { makeRoot, signIntermediate } from './signing.ts';

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
  recorded: Recorded,
  effects: AuthorityEffects,
): Promise<void> {
  const stored = await readRoots(trustDomain.name, effects);
  const now = effects.clock.now();
  const rebuilt = rebuiltSlots(stored.roots.map(foundRoot), recorded.authorities, now);
  if ('problem' in rebuilt)
    throw lost(`Secret ${rootSecretName(trustDomain.name)} ${rebuilt.problem}; restore it from a backup`);
  const root = signerOf(trustDomain.name, stored, rebuilt.active.id);
  const next = await signIntermediate(trustDomain, root, effects);
  try {
    const rotation = rebuiltRotation(recorded.rotation);
    // Under a compromised root it only holds the place: nothing is signed before the next root takes over.
    const tainted = rebuilt.value.some(({ id, compromised }) => id === rebuilt.active.id && compromised === true);
    const slot = tainted ? ({ ...next.slot, compromised: true } as const) : next.slot;
    const document = {
      ...firstDocument(trustDomain.trustDomain, [...rebuilt.value, slot], now, recorded.sequence),
      ...(rotation === undefined ? {} : { rotation }),
      ...answeredBefore(trustDomain, recorded),
    };
    assertMaySign(effects.gate);
    await effects.secrets.create(issuingSecret(trustDomain.name, document, { id: next.slot.id, key: next.keyPEM }));
  } finally {
    next.keyPEM.fill(0);
  }
}

/** Where there was no authority before, a request in the spec is no request to this one: it came with a manifest. */
function answeredBefore(
  { rotation }: ResolvedTrustDomain,
  { authorities, requestID }: Recorded,
): { readonly requestID?: string } {
  const id = requestID ?? (authorities.length === 0 ? rotation?.id : undefined);
  return id === undefined ? {} : { requestID: id };
}

function foundRoot({ id, certificate, pem, crossPEM, signer, crossIssuerID }: StoredRoot): FoundRoot {
  const { notBefore, notAfter } = certificate;
  const cross =
    crossPEM === undefined || crossIssuerID === undefined
      ? {}
      : { cross: { certificate: crossPEM, issuerID: crossIssuerID } };
  return { id, notBefore, notAfter, certificate: pem, canSign: signer !== undefined, ...cross };
}
