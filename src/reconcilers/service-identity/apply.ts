// SPDX-License-Identifier: Apache-2.0
/**
 * Carries out the actions of an identity's plan. The Secret is written before the status; what is minted has passed
 * the path check before it gets here; key bytes are zeroed whatever happens.
 * @module
 */

import { correlationID } from '../../api/correlation-id.ts';
import { trustDomainNameOf } from '../../api/defaults.ts';
import { CA_CERT_KEY, PASSWORD_DIGEST_ANNOTATION, TRUST_STORE_KEY } from '../../api/well-known.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Span, Tracer } from '../../controller/tracer.ts';
import { SignetError } from '../../errors.ts';
import { desiredFiles, desiredOwners, keptMetadata, type SecretPatch } from '../../identity/metadata.ts';
import type { Observed, SecretMeta } from '../../identity/observed.ts';
import type { Outcome } from '../../identity/outcome.ts';
import { passwordRecord, passwordSecretOf } from '../../identity/password.ts';
import type { Action } from '../../identity/plan.ts';
import { parseCertificate } from '../../pki/certificate.ts';
import { type MintingHalves, mintSVID, type SVID } from '../../pki/mint.ts';
import { parseCertificatesPEM } from '../../pki/pem.ts';
import type { KeyAlgorithm } from '../../spiffe/svid.ts';
import type { Duration } from '../../time.ts';
import type { LoadedAuthority } from '../authority/load.ts';
import type { AuthorityRegistry } from '../authority/registry.ts';
import { assertMaySign, type SigningGate } from '../signing-gate.ts';
import type { IdentityCalls, StorePatch } from './cluster.ts';
import { keyStoreFiles, type PasswordFound, passwordView, readPassword, trustStoreFile } from './keystores.ts';
import { type SVIDSecret, svidSecretBody } from './secret-body.ts';

type IssueAction = Extract<Action, { kind: 'IssueSVID' }>;

export interface ApplyDeps {
  readonly calls: IdentityCalls;
  readonly registry: AuthorityRegistry;
  readonly gate: SigningGate;
  readonly clock: Clock;
  readonly tracer: Tracer;
}

/** A stored SVID, and the time from the decision to issue until it was stored. */
export interface Issued extends NonNullable<Outcome['issued']> {
  readonly duration: Duration;
  /** Of that, what key, signature and path check took. */
  readonly minting: Duration;
}

/** What one action left behind. */
export interface Applied {
  readonly secret?: SecretMeta;
  readonly issued?: Issued;
  /** Where the password of PKCS#12 files was read: what came of it. */
  readonly password?: Pick<PasswordFound, 'version' | 'read'>;
}

/** Applies one action; throws SignetError when the effect fails. */
export async function applyAction(action: Action, observed: Observed, deps: ApplyDeps): Promise<Applied> {
  assertMaySign(deps.gate);
  switch (action.kind) {
    case 'IssueSVID':
      return deps.tracer.span('issue', (span) => issueSVID(action, observed, deps, span));
    case 'PatchSecret':
      return patchSecret(action, observed, deps);
    case 'DeleteSecret':
      await deps.calls.deleteSecret(action.secret);
      return {};
    default:
      return action satisfies never;
  }
}

async function issueSVID(action: IssueAction, observed: Observed, deps: ApplyDeps, span: Span): Promise<Applied> {
  tellBefore(span, action, observed);
  const entry = deps.registry.get(trustDomainNameOf(observed.identity.spec));
  if (entry?.loaded === undefined)
    throw new SignetError('ERR_ISSUANCE', 'the authority went away; look at the TrustDomain');
  const { issuer, anchorsPEM } = entry.loaded;
  // Between decision and write the authority may have changed; ca.crt must hold the root of tls.crt (design rule 4).
  if (anchorsPEM !== action.desired.secret.anchorsPEM)
    throw new SignetError('ERR_NOT_SIGNING', 'the trust anchors changed while an issuance was decided');
  const started = deps.clock.monotonic();
  const { spiffeID, dnsNames, subject, algorithm, ttl } = action.desired.svid;
  const source = action.desired.password;
  // Before the key is made: nothing secret waits for a call.
  const password = source && (await readPassword(deps.calls, observed.identity, source));
  let svid: SVID | undefined;
  let body: Buffer | undefined;
  try {
    assertSameAuthority(entry.loaded, observed, deps);
    const mintedFrom = deps.clock.monotonic();
    const request = { spiffeID, dnsNames, subject, algorithm, ttl };
    svid = await mintSVID(issuer, request, deps.clock.now(), spansOf(algorithm, deps.tracer));
    const minting = deps.clock.monotonic() - mintedFrom;
    const stores = password?.value && (await keyStoreFiles(svid, issuer.anchors, password.value));
    body = bodyOf(action, observed, { svid, stores, password });
    span.set('signet.serial_number', svid.serialNumber);
    span.set('signet.authority_id', issuer.id);
    const secret = await stored(action, observed, body, deps);
    const { serialNumber, fingerprint, notBefore, notAfter, clamped } = svid;
    const facts = { spiffeID, serialNumber, fingerprint, authorityID: issuer.id, notBefore, notAfter };
    const duration = deps.clock.monotonic() - started;
    return { secret, issued: { facts, reason: action.reason, clamped, duration, minting }, ...passwordView(password) };
  } finally {
    body?.fill(0);
    svid?.privateKeyPEM.fill(0);
    password?.value?.fill(0);
  }
}

function tellBefore(span: Span, { reason, desired }: IssueAction, { identity }: Observed): void {
  const { metadata, status } = identity;
  span.set('signet.reason', reason);
  if (reason === 'RenewalDue') span.set('signet.renewal_time', status?.renewalTime);
  span.set('signet.correlation_id', correlationID(metadata));
  span.set('k8s.namespace.name', metadata.namespace);
  span.set('signet.object_name', metadata.name);
  span.set('signet.spiffe_id', desired.svid.spiffeID);
}

/** Each half of minting is a span. */
function spansOf(algorithm: KeyAlgorithm, tracer: Tracer): MintingHalves {
  return {
    sign: (half) =>
      tracer.span('mint', (span) => {
        span.set('signet.key_algorithm', algorithm);
        return half();
      }),
    check: (half) => tracer.span('verify', half),
  };
}

function stored(action: IssueAction, observed: Observed, body: Buffer, deps: ApplyDeps): Promise<SecretMeta> {
  return deps.tracer.span('store', () => store(action, observed, body, deps));
}

/** While the password was read the authority may have changed, or gone to another replica. */
function assertSameAuthority(loaded: LoadedAuthority, { identity }: Observed, { registry, gate }: ApplyDeps): void {
  assertMaySign(gate);
  if (registry.get(trustDomainNameOf(identity.spec))?.loaded !== loaded)
    throw new SignetError('ERR_NOT_SIGNING', 'the authority changed while a password was read');
}

/** New anchors come with a new trust store, or take one away that could not follow them (design rule 4). */
async function patchSecret(
  { secret, patch }: Extract<Action, { kind: 'PatchSecret' }>,
  { identity }: Observed,
  { calls, gate }: ApplyDeps,
): Promise<Applied> {
  const source = passwordSecretOf(identity);
  const anchors = patch.files[CA_CERT_KEY];
  if (source === undefined || typeof anchors !== 'string') return { secret: await calls.patchSecret(secret, patch) };
  const password = await readPassword(calls, identity, source);
  try {
    const file =
      password.value && (await trustStoreFile(parseCertificatesPEM(anchors).map(parseCertificate), password.value));
    assertMaySign(gate);
    const written =
      file === undefined
        ? calls.patchSecret(secret, storeless(patch), NO_TRUST_STORE)
        : calls.patchSecret(secret, patch, { [TRUST_STORE_KEY]: file });
    return { secret: await written, ...passwordView(password) };
  } finally {
    password.value?.fill(0);
  }
}

const NO_TRUST_STORE: StorePatch = { [TRUST_STORE_KEY]: null };

/** The password counts as one that no file was written with, so that the first that can be used brings all of them. */
function storeless(patch: SecretPatch): SecretPatch {
  return { ...patch, annotations: { ...patch.annotations, [PASSWORD_DIGEST_ANNOTATION]: null } };
}

async function store(action: IssueAction, observed: Observed, body: Buffer, deps: ApplyDeps): Promise<SecretMeta> {
  const namespace = observed.identity.metadata.namespace ?? '';
  const { existing, recreate } = action;
  assertMaySign(deps.gate);
  if (existing === undefined) return deps.calls.createSecret(namespace, body);
  if (!recreate) return deps.calls.replaceSecret(namespace, existing.name, body);
  await deps.calls.deleteSecret(existing);
  assertMaySign(deps.gate);
  return deps.calls.createSecret(namespace, body);
}

interface ToStore {
  readonly svid: SVID;
  readonly stores: ReadonlyMap<string, Buffer> | undefined;
  readonly password: PasswordFound | undefined;
}

function bodyOf(
  { existing, recreate, desired }: IssueAction,
  { identity }: Observed,
  { svid, stores, password }: ToStore,
): Buffer {
  const version = existing === undefined || recreate ? {} : replacedVersion(existing);
  const { labels, annotations } = keptMetadata(existing, desired);
  const recorded =
    password?.version === undefined
      ? {}
      : { [PASSWORD_DIGEST_ANNOTATION]: passwordRecord(password.version, password.read) };
  return svidSecretBody({
    metadata: {
      name: desired.secret.name,
      namespace: identity.metadata.namespace ?? '',
      ...version,
      labels,
      annotations: { ...annotations, ...recorded },
      ownerReferences: desiredOwners(identity, existing, desired),
    },
    chainPEM: svid.chainPEM,
    privateKeyPEM: svid.privateKeyPEM,
    formats: desired.svid.formats,
    ...(stores === undefined ? {} : { stores }),
    files: desiredFiles(desired),
  });
}

/** What of the existing object a replacement must name, or would take away. */
function replacedVersion({ uid, resourceVersion, finalizers }: SecretMeta): Partial<SVIDSecret['metadata']> {
  return { uid, resourceVersion, ...(finalizers === undefined ? {} : { finalizers }) };
}
