// SPDX-License-Identifier: Apache-2.0
/**
 * The identity reconciler as it is, over an API server in memory, with a real authority and an identity called checkout.
 * @module
 */

import { vi } from 'vitest';
import type { ServiceIdentitySpec, ServiceIdentityStatus } from '../../src/api/service-identity.ts';
import { secretNameOf } from '../../src/api/service-identity-validation.ts';
import { NO_TRACER } from '../../src/controller/tracer.ts';
import type { PolicyVerdict, StoredSVID } from '../../src/identity/observed.ts';
import { type LoadedAuthority, loadIssuing } from '../../src/reconcilers/authority/load.ts';
import { AuthorityRegistry } from '../../src/reconcilers/authority/registry.ts';
import { inspectSecret } from '../../src/reconcilers/service-identity/inspect.ts';
import { IdentityMemory } from '../../src/reconcilers/service-identity/memory.ts';
import { type IdentityReconcilerDeps, reconcileIdentity } from '../../src/reconcilers/service-identity/reconcile.ts';
import { aResolvedTrustDomain, aServiceIdentity, NOW, SETTINGS } from './builders.ts';
import { FakeAPI } from './fake-api.ts';
import { ManualClock } from './manual-clock.ts';
import { asRead } from './minted-secret.ts';
import { anIssuingSecret, asStored } from './stored-authority.ts';
import { aTestAuthority } from './test-authority.ts';

const KEY = 'shop/checkout';
/** Key of the Secret as long as the spec does not name it. */
export const SECRET = 'shop/checkout-svid';

export class IdentityHarness {
  readonly api = new FakeAPI();
  readonly clock = new ManualClock(NOW);
  readonly registry = new AuthorityRegistry(() => undefined);
  readonly observer = { issued: vi.fn(), failed: vi.fn(), foreignWrite: vi.fn(), statusWritten: vi.fn() };
  memory = new IdentityMemory();
  /** What policies say against the identity. */
  verdict: PolicyVerdict | undefined;
  /** Why nothing may be signed. */
  refusal: string | undefined;

  constructor(authority: LoadedAuthority) {
    this.registry.set(aResolvedTrustDomain(), { loaded: authority });
    this.api.put(aServiceIdentity());
  }

  get deps(): IdentityReconcilerDeps {
    const { api, registry, memory, clock, observer } = this;
    const claimants = (secretKey: string) =>
      [...api.identities].filter(([, identity]) => `shop/${secretNameOf(identity)}` === secretKey).map(([key]) => key);
    const gate = { refusal: () => this.refusal };
    const verdict = () => this.verdict;
    const common = { registry, memory, settings: SETTINGS, clock, gate, claimants, observer, tracer: NO_TRACER };
    return { caches: api, calls: api.api, verdict, ...common };
  }

  /** One run, with caches that have caught up unless told otherwise; tells the calls it made. */
  async run(caches: 'fresh' | 'stale' = 'fresh'): Promise<string[]> {
    if (caches === 'fresh') this.api.sync();
    this.api.calls.length = 0;
    await reconcileIdentity(KEY, this.deps);
    return [...this.api.calls];
  }

  /** One run that must fail; tells with what. */
  async failure(caches: 'fresh' | 'stale' = 'fresh'): Promise<unknown> {
    let error: unknown;
    await this.run(caches).catch((thrown: unknown) => {
      error = thrown;
    });
    return error;
  }

  /** A new process: memory is empty. */
  restart(): void {
    this.memory = new IdentityMemory();
  }

  respecify(change: Partial<ServiceIdentitySpec>): void {
    const identity = this.api.identity(KEY) ?? aServiceIdentity();
    const generation = (identity.metadata.generation ?? 0) + 1;
    this.api.put({
      ...identity,
      metadata: { ...identity.metadata, generation },
      spec: { ...identity.spec, ...change },
    });
  }

  /** Somebody adds an annotation that is none of our business. */
  touch(): void {
    this.api.edit(SECRET, ({ meta, secret }) => {
      return { secret, meta: { ...meta, annotations: { ...meta.annotations, 'tool.org/x': 'y' } } };
    });
  }

  get status(): ServiceIdentityStatus | undefined {
    return this.api.identity(KEY)?.status;
  }

  /** The SVID that really is in the Secret. */
  get svid(): StoredSVID | undefined {
    const anchors = this.registry.get('default')?.loaded?.issuer.anchors ?? [];
    const secret = this.api.stored.get(SECRET)?.secret ?? {};
    return inspectSecret(asRead(secret), {
      anchors,
      trustDomain: 'example.org',
      formats: ['PEM'],
      now: this.clock.now(),
    }).svid;
  }
}

export async function anIdentityHarness(): Promise<IdentityHarness> {
  return new IdentityHarness(await aLoadedAuthority());
}

export async function aLoadedAuthority(): Promise<LoadedAuthority> {
  const loaded = loadIssuing(asStored(await anIssuingSecret(await aTestAuthority())));
  if ('problem' in loaded) throw new Error(loaded.problem);
  return loaded;
}
