// SPDX-License-Identifier: Apache-2.0
/**
 * A namespace in memory: identities, Secrets with SVIDs that are facts instead of bytes, and an API server that checks
 * every precondition. What tenants do to it is in model-tenant.ts, what the controller does in model-controller.ts.
 * @module
 */
import type { OwnerReference } from '../../src/api/object-meta.ts';
import type { ServiceIdentity, ServiceIdentitySpec, ServiceIdentityStatus } from '../../src/api/service-identity.ts';
import { formatTimestamp } from '../../src/api/timestamp.ts';
import { MANAGED_LABEL } from '../../src/api/well-known.ts';
import { SignetError } from '../../src/errors.ts';
import type { IssueReason } from '../../src/identity/checks.ts';
import { type Desired, filesDigest } from '../../src/identity/desired.ts';
import type { SecretContent, SecretMeta, StoredSVID, TrustDomainView } from '../../src/identity/observed.ts';
import type { Instant } from '../../src/time.ts';
import { aTrustDomainView, NOW } from './builders.ts';

export interface ModelFiles {
  readonly anchors: string | undefined;
  readonly clients: string | undefined;
  readonly servers: string | undefined;
}

export interface ModelSecret {
  readonly meta: SecretMeta;
  readonly type: string;
  readonly immutable: boolean;
  /** Undefined: key and chain hold none. */
  readonly svid: StoredSVID | undefined;
  readonly files: ModelFiles;
  readonly formatsComplete: boolean;
  /** Digest of the inputs the SVID was issued for; what really happened, unseen by decisions. */
  readonly issuedFor?: string;
}

/** A call of the controller that can be made to fail. */
export type Call = 'create' | 'replace' | 'patch' | 'delete' | 'status';

export interface LogEntry {
  readonly at: Instant;
  readonly call: Call;
  readonly identity: string;
  /** Of the Secret that was written. */
  readonly secretUID?: string;
  readonly heals?: boolean;
  readonly follows?: boolean;
  /** For an issuance. */
  readonly issued?: Issuance;
}

/** What really was the case when an SVID was issued. */
export interface Issuance {
  readonly reason: IssueReason;
  readonly desired: Desired;
  /** The Secret that was there, as it was there. */
  readonly found: ModelSecret | undefined;
  readonly uid: string;
  readonly knownIDs: ReadonlySet<string>;
  /** Uids of all identities that existed. */
  readonly living: ReadonlySet<string>;
}

export class ModelCluster {
  now: Instant = NOW;
  readonly identities = new Map<string, ServiceIdentity>();
  readonly secrets = new Map<string, ModelSecret>();
  readonly serviceAccounts = new Set(['checkout', 'cart']);
  trustDomain: TrustDomainView | undefined = aTrustDomainView();
  namespace = { labels: {}, terminating: false };
  /** What an admission webhook of somebody else makes of every Secret that is written. */
  admit: (secret: ModelSecret) => ModelSecret = (secret) => secret;
  /** Calls that fail, with how many more times. */
  readonly refusals = new Map<Call, number>();
  readonly log: LogEntry[] = [];
  /** What the watch of labelled Secrets reports as deleted, in order. */
  readonly gone: SecretMeta[] = [];
  #version = 1000;
  #serial = 0;

  /** What a call that must fail now throws; else nothing happens. */
  guard(call: Call): void {
    const left = this.refusals.get(call) ?? 0;
    if (left === 0) return;
    this.refusals.set(call, left - 1);
    throw new SignetError('ERR_KUBE_INVALID', `${call} is refused`);
  }

  version(): string {
    this.#version += 1;
    return String(this.#version);
  }

  /** A number nobody had before. */
  serial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  createIdentity(name: string, spec: Partial<ServiceIdentitySpec> = {}): void {
    const metadata = {
      name,
      namespace: 'shop',
      uid: `uid-${name}-${this.serial()}`,
      resourceVersion: this.version(),
      generation: 1,
      creationTimestamp: formatTimestamp(this.now),
    };
    this.identities.set(name, { metadata, spec: { serviceAccountName: name, services: [name], ...spec } });
  }

  /** A new spec, as a user writes it. */
  respecify(name: string, change: (spec: ServiceIdentitySpec) => ServiceIdentitySpec): void {
    const identity = this.identities.get(name);
    if (identity === undefined) return;
    const { metadata } = identity;
    const generation = (metadata.generation ?? 0) + 1;
    const changed = { ...identity, metadata: { ...metadata, generation, resourceVersion: this.version() } };
    this.identities.set(name, { ...changed, spec: change(identity.spec) });
  }

  writeStatus(identity: ServiceIdentity, status: ServiceIdentityStatus): ServiceIdentity {
    const { name, uid, resourceVersion } = identity.metadata;
    this.guard('status');
    const stored = this.identities.get(name);
    if (stored?.metadata.uid !== uid) throw new SignetError('ERR_KUBE_NOT_FOUND', 'the identity is gone');
    if (stored.metadata.resourceVersion !== resourceVersion) throw new SignetError('ERR_KUBE_CONFLICT', 'outrun');
    const written = { ...stored, metadata: { ...stored.metadata, resourceVersion: this.version() }, status };
    this.identities.set(name, written);
    this.log.push({ at: this.now, call: 'status', identity: name });
    return written;
  }

  /** Stores a Secret whose preconditions hold: `basis` undefined creates it. */
  store(secret: ModelSecret, basis: SecretMeta | undefined): SecretMeta {
    const existing = this.secrets.get(secret.meta.name);
    if (basis === undefined && existing !== undefined) throw new SignetError('ERR_KUBE_ALREADY_EXISTS', 'taken');
    if (basis !== undefined) this.#assertVersion(existing, basis);
    if (basis !== undefined && existing?.immutable === true)
      throw new SignetError('ERR_KUBE_INVALID', 'an immutable Secret cannot be updated');
    if (basis !== undefined && existing?.type !== secret.type)
      throw new SignetError('ERR_KUBE_INVALID', 'the type of a Secret cannot be changed');
    const uid = basis?.uid ?? `uid-secret-${this.serial()}`;
    const admitted = this.admit(secret);
    const meta = { ...admitted.meta, uid, resourceVersion: this.version() };
    this.secrets.set(meta.name, { ...admitted, meta });
    return meta;
  }

  remove(basis: SecretMeta): void {
    const existing = this.secrets.get(basis.name);
    if (existing === undefined) return;
    this.#assertVersion(existing, basis);
    this.drop(basis.name);
  }

  /** The Secret is deleted, by whomever. */
  drop(name: string): void {
    const existing = this.secrets.get(name);
    if (existing === undefined) return;
    this.secrets.delete(name);
    if (isWatched(existing.meta)) this.gone.push(existing.meta);
  }

  /** What somebody with rights on the Secret writes, unconditionally. */
  edit(name: string, change: (secret: ModelSecret) => ModelSecret): void {
    const existing = this.secrets.get(name);
    if (existing === undefined) return;
    const changed = change(existing);
    if (!isWatched(changed.meta)) this.gone.push(existing.meta);
    this.secrets.set(name, { ...changed, meta: { ...changed.meta, resourceVersion: this.version() } });
  }

  /** What garbage collection does: a Secret goes with the last of its owners. */
  collect(): void {
    const uids = new Set([...this.identities.values()].map(({ metadata }) => metadata.uid));
    const gone = ({ kind, uid }: OwnerReference) => kind === 'ServiceIdentity' && !uids.has(uid);
    for (const [name, { meta }] of this.secrets) {
      if (meta.ownerReferences.length > 0 && meta.ownerReferences.every(gone)) this.drop(name);
    }
  }

  #assertVersion(existing: ModelSecret | undefined, { uid, resourceVersion }: SecretMeta): void {
    if (existing === undefined) throw new SignetError('ERR_KUBE_NOT_FOUND', 'the Secret is gone');
    if (existing.meta.uid !== uid || existing.meta.resourceVersion !== resourceVersion)
      throw new SignetError('ERR_KUBE_CONFLICT', 'outrun');
  }
}

/** Whether the watch of Secrets shows it. */
export function isWatched({ labels }: SecretMeta): boolean {
  return MANAGED_LABEL in labels;
}

/** What a GET of the Secret tells. */
export function contentOf({ type, immutable, svid, files, formatsComplete }: ModelSecret): SecretContent {
  const digest = filesDigest(files.anchors, files.clients, files.servers);
  const base = { type, immutable, filesDigest: digest, formatsComplete };
  return svid === undefined ? { ...base, problem: 'no SVID' } : { ...base, svid };
}

/** What a merge patch makes of a map: null takes a key away. */
export function merged(
  was: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const entries = Object.entries({ ...was, ...patch });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}
