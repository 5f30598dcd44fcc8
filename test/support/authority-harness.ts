// SPDX-License-Identifier: Apache-2.0
/**
 * The authority reconciler as it is, over Secrets in memory: real keys and certificates, preconditions checked, a clock
 * that moves when told to. Several harnesses can share one store, as controllers share an API server.
 * @module
 */

import type { ObjectVersion } from '../../src/api/object-version.ts';
import type { TrustDomain, TrustDomainStatus } from '../../src/api/trust-domain.ts';
import type { AuthorityDocument } from '../../src/authority/document.ts';
import { parseDocument } from '../../src/authority/document-format.ts';
import type { Propagation } from '../../src/authority/propagation.ts';
import { NO_TRACER } from '../../src/controller/tracer.ts';
import { type ErrorCode, SignetError } from '../../src/errors.ts';
import type { ImportMemory } from '../../src/reconcilers/authority/imported-source.ts';
import { type AuthorityReconcilerDeps, reconcileAuthority } from '../../src/reconcilers/authority/reconcile.ts';
import { AuthorityRegistry } from '../../src/reconcilers/authority/registry.ts';
import type { OwnSecret, OwnSecrets, SecretFiles, StoredSecret } from '../../src/reconcilers/own-secrets.ts';
import { aPropagation, aTrustDomain, NOW, SETTINGS } from './builders.ts';
import { ManualClock } from './manual-clock.ts';

export const ROOT = 'default-root-authority';
export const ISSUING = 'default-intermediate-authority';

export class AuthorityStore implements OwnSecrets {
  readonly stored = new Map<string, StoredSecret>();
  /** Every write and every read of keys, as `verb name`. */
  readonly calls: string[] = [];
  #failure: { readonly call: string; readonly code: ErrorCode } | undefined;
  #version = 0;

  /** The next such call (`verb name`) fails. */
  fail(call: string, code: ErrorCode): void {
    this.#failure = { call, code };
  }

  async get(name: string): Promise<StoredSecret | undefined> {
    this.#called('get', name);
    const stored = this.stored.get(name);
    return stored === undefined ? undefined : copyOf(stored);
  }

  async head(name: string): Promise<ObjectVersion | undefined> {
    return this.stored.get(name);
  }

  async create(secret: OwnSecret): Promise<ObjectVersion | undefined> {
    this.#called('create', secret.name);
    return this.stored.has(secret.name) ? undefined : this.#store(secret, `uid-${this.#version}`);
  }

  async replace(secret: OwnSecret, { uid, resourceVersion }: ObjectVersion): Promise<ObjectVersion> {
    this.#called('replace', secret.name);
    const existing = this.stored.get(secret.name);
    if (existing?.uid !== uid || existing.resourceVersion !== resourceVersion)
      throw new SignetError('ERR_KUBE_CONFLICT', 'outrun');
    return this.#store(secret, uid);
  }

  async patch(name: string, files: SecretFiles, { uid, resourceVersion }: ObjectVersion): Promise<ObjectVersion> {
    this.#called('patch', name);
    const existing = this.stored.get(name);
    if (existing?.uid !== uid || existing.resourceVersion !== resourceVersion)
      throw new SignetError('ERR_KUBE_CONFLICT', 'outrun');
    const data = new Map(existing.data);
    for (const [file, content] of files) {
      if (content === null) data.delete(file);
      else data.set(file, content);
    }
    return this.#store({ name, data }, uid);
  }

  /** Somebody changes one file. */
  edit(name: string, file: string, content: Buffer | undefined): void {
    const existing = this.stored.get(name);
    if (existing === undefined) throw new Error(`no Secret ${name}`);
    const data = new Map(existing.data);
    if (content === undefined) data.delete(file);
    else data.set(file, content);
    this.#version += 1;
    this.stored.set(name, { ...existing, resourceVersion: String(this.#version), data });
  }

  #called(verb: string, name: string): void {
    const call = `${verb} ${name}`;
    this.calls.push(call);
    if (this.#failure?.call !== call) return;
    const { code } = this.#failure;
    this.#failure = undefined;
    throw new SignetError(code, `${call} failed`);
  }

  #store({ name, data }: Pick<OwnSecret, 'name' | 'data'>, uid: string): ObjectVersion {
    this.#version += 1;
    const stored = copyOf({ uid, resourceVersion: String(this.#version), data });
    this.stored.set(name, stored);
    return stored;
  }
}

/** Whoever reads a Secret zeroes its Buffers. */
function copyOf({ uid, resourceVersion, data }: StoredSecret): StoredSecret {
  return { uid, resourceVersion, data: new Map([...data].map(([key, value]) => [key, Buffer.from(value)])) };
}

export interface Pause {
  before(): Promise<void>;
}

function pausing(store: OwnSecrets, { before }: Pause): OwnSecrets {
  return {
    get: async (name) => before().then(() => store.get(name)),
    head: async (name) => before().then(() => store.head(name)),
    create: async (secret) => before().then(() => store.create(secret)),
    replace: async (secret, version) => before().then(() => store.replace(secret, version)),
    patch: async (name, files, version) => before().then(() => store.patch(name, files, version)),
  };
}

export class AuthorityHarness {
  readonly clock = new ManualClock(NOW);
  readonly store: AuthorityStore;
  /** TrustDomains whose identities were told to look again. */
  readonly changes: string[] = [];
  readonly registry = new AuthorityRegistry((name) => this.changes.push(name));
  readonly imports: ImportMemory = new Map();
  readonly statuses: TrustDomainStatus[] = [];
  readonly steps: string[] = [];
  readonly trustDomains = new Map<string, TrustDomain>([['default', aTrustDomain()]]);
  leading = true;
  /** What is counted while a rotation goes on. */
  propagation: Propagation | undefined = aPropagation({ targets: 0 });

  constructor(store = new AuthorityStore()) {
    this.store = store;
  }

  get deps(): AuthorityReconcilerDeps {
    const { store, registry, imports, clock, trustDomains, steps } = this;
    return {
      secrets: store,
      registry,
      imports,
      clock,
      trustDomains,
      gate: { refusal: () => (this.leading ? undefined : 'not the leader') },
      leading: () => this.leading,
      counter: { count: () => this.propagation },
      bundle: () => undefined,
      writeStatus: async (trustDomain, status) => {
        this.statuses.push(status);
        trustDomains.set(trustDomain.metadata.name, { ...trustDomain, status });
      },
      readTrustDomain: async (name) => trustDomains.get(name),
      onStep: (_, step) => steps.push(step),
      clusterDomain: SETTINGS.clusterDomain,
      tracer: NO_TRACER,
    };
  }

  /** With `pause`, each call to the API server waits for it first. */
  run(pause?: Pause | string): ReturnType<typeof reconcileAuthority> {
    if (pause === undefined || typeof pause === 'string') return reconcileAuthority(pause ?? 'default', this.deps);
    return reconcileAuthority('default', { ...this.deps, secrets: pausing(this.store, pause) });
  }

  get status(): TrustDomainStatus | undefined {
    return this.trustDomains.get('default')?.status;
  }

  /** Status and reason of Ready. */
  get ready(): string {
    const condition = this.status?.conditions?.[0];
    return `${condition?.status} ${condition?.reason}`;
  }

  /** The stored document. */
  get document(): AuthorityDocument | undefined {
    const parsed = parseDocument(this.store.stored.get(ISSUING)?.data.get('authority.json')?.toString('utf8') ?? '');
    return 'value' in parsed ? parsed.value : undefined;
  }
}
