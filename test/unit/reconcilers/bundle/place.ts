// SPDX-License-Identifier: Apache-2.0
/** @module One place of a bundle with an API server in memory. */
import { type BundleMeta, type BundleOwner, ownerReferenceTo } from '../../../../src/bundle/objects.ts';
import type { FoundObject, WantedObject } from '../../../../src/bundle/plan.ts';
import { SignetError } from '../../../../src/errors.ts';
import type { BundleCalls } from '../../../../src/reconcilers/bundle/calls.ts';
import type { BundleMemory } from '../../../../src/reconcilers/bundle/memory.ts';
import type { BundleTarget } from '../../../../src/reconcilers/bundle/targets.ts';

export const KEY = 'default/shop';
/** The TrustDomain that everything is of. */
export const OWNER: BundleOwner = { name: 'default', uid: 'td-1' };
const BODY = { data: { 'ca.crt': 'pem' } };

/** Of an object that is ours and whole. */
export function aBundleMeta(more: Partial<BundleMeta> = {}): BundleMeta {
  return {
    namespace: 'shop',
    name: 'bundle',
    uid: 'cm-1',
    resourceVersion: '7',
    managed: true,
    trustDomain: 'default',
    trustDomainName: 'example.org',
    owners: [ownerReferenceTo(OWNER)],
    deleting: false,
    ...more,
  };
}

export function wanted(digest: string): BundleTarget {
  return {
    exists: true,
    wanted: { object: { name: 'bundle', digest, trustDomainName: 'example.org', owner: OWNER }, body: BODY },
  };
}

/** What is stored, what the cache shows of it, and every call in order. */
export class Place implements BundleCalls {
  stored: FoundObject | undefined;
  cached: BundleMeta | undefined;
  readonly calls: string[] = [];
  readonly failures: SignetError[] = [];
  #version = 0;

  async read(): Promise<FoundObject | undefined> {
    this.#called('read');
    return this.stored;
  }
  async create(object: WantedObject): Promise<BundleMeta> {
    this.#called('create');
    if (this.stored !== undefined) throw new SignetError('ERR_KUBE_ALREADY_EXISTS', 'there is one');
    return this.put({ uid: `cm-${this.#version + 1}` }, object.digest);
  }
  async patch(meta: BundleMeta, object: WantedObject): Promise<BundleMeta> {
    this.#called('patch');
    if (this.stored?.meta.resourceVersion !== meta.resourceVersion)
      throw new SignetError('ERR_KUBE_CONFLICT', 'changed');
    return this.put({ uid: meta.uid }, object.digest);
  }
  async delete(): Promise<void> {
    this.#called('delete');
    this.stored = undefined;
  }

  put(more: Partial<BundleMeta>, digest: string): BundleMeta {
    this.#version += 1;
    const meta = aBundleMeta({ uid: 'cm-0', resourceVersion: String(this.#version), ...more });
    this.stored = { meta, content: { digest, immutable: false } };
    return meta;
  }

  /** The watch catches up. */
  sync(memory: BundleMemory): boolean {
    const before = this.cached;
    this.cached = this.stored?.meta.managed === true ? this.stored.meta : undefined;
    if (this.cached !== undefined) return memory.heard(KEY, this.cached, false);
    return before !== undefined && memory.heard(KEY, before, true);
  }

  #called(call: string): void {
    this.calls.push(call);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }
}
