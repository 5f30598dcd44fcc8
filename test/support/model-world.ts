// SPDX-License-Identifier: Apache-2.0
/**
 * A model cluster with a controller in it and everything that may happen to both: time, tenants, operators, faults.
 * Each happening is a name and a number, so that a failing story reads and shrinks well.
 * @module
 */

import type { OwnerReference } from '../../src/api/object-meta.ts';
import type { ServiceIdentitySpec } from '../../src/api/service-identity.ts';
import { secretNameOf } from '../../src/api/service-identity-validation.ts';
import type { TrustDomainSpec } from '../../src/api/trust-domain.ts';
import { type Duration, HOUR, type Instant, MINUTE, SECOND } from '../../src/time.ts';
import { ANCHORS, anAuthorityView, aResolvedTrustDomain, aTrustDomainView } from './builders.ts';
import { type Call, ModelCluster, type ModelSecret } from './model-cluster.ts';
import { ModelController } from './model-controller.ts';

export class ModelWorld {
  readonly cluster = new ModelCluster();
  readonly controller = new ModelController(this.cluster);
  /** Secrets as they once were, for whoever puts one back. */
  readonly past: ModelSecret[] = [];
  /** Uids of Secrets that somebody else made. */
  readonly foreign = new Set<string>();
  /** Called after every moment at which the controller acted. */
  onMoment: (() => void) | undefined;
  /** Whether watches lag: the controller works on what it saw before. */
  lagging = false;

  /** Lets the controller see what is and look at everything. */
  settle(): void {
    if (!this.lagging) this.controller.sync();
    this.controller.runAll();
    for (const secret of this.cluster.secrets.values()) this.past.push(secret);
    this.onMoment?.();
  }

  /** Time passes; timers run when they are due, in order. */
  advance(duration: Duration): void {
    const end = this.cluster.now + duration;
    for (let turns = 0; turns < 2000; turns += 1) {
      const next: Instant = Math.max(this.controller.nextTimer(), this.cluster.now + 1);
      if (next > end) break;
      this.cluster.now = next;
      if (!this.lagging) this.controller.sync();
      this.controller.runDue();
      this.onMoment?.();
    }
    this.cluster.now = end;
  }

  /** The Secret that an identity asks for. */
  secretName(identity = 'checkout'): string {
    const found = this.cluster.identities.get(identity);
    return found === undefined ? `${identity}-svid` : secretNameOf(found);
  }

  edit(change: (secret: ModelSecret) => ModelSecret): void {
    this.cluster.edit(this.secretName(), change);
  }

  editMeta(change: (meta: ModelSecret['meta']) => Partial<ModelSecret['meta']>): void {
    this.edit((secret) => ({ ...secret, meta: { ...secret.meta, ...change(secret.meta) } }));
  }

  respecify(change: Partial<ServiceIdentitySpec>): void {
    this.cluster.respecify('checkout', (spec) => ({ ...spec, ...change }));
  }

  respecifySecret(change: NonNullable<ServiceIdentitySpec['secret']>): void {
    this.cluster.respecify('checkout', (spec) => ({ ...spec, secret: { ...spec.secret, ...change } }));
  }
}

export type Happening = (world: ModelWorld, number: number) => void;

function pick<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T;
}

/** What a user asks for. */
export const SPEC_EDITS = {
  services: (world, n) =>
    world.respecify({ services: pick([['checkout'], ['cart', 'checkout'], ['checkout', 'cart'], []], n) }),
  ttl: (world, n) => world.respecify({ ttl: pick(['15m', '1h', '24h'], n) }),
  subject: (world, n) => world.respecify({ subject: pick(['Empty', 'SPIFFEPath'], n) }),
  peers: (world, n) =>
    world.respecify({
      mtls: pick<NonNullable<ServiceIdentitySpec['mtls']>>(
        [{}, { allowedClients: [] }, { allowedServers: ['spiffe://example.org/ns/a/sa/b'] }],
        n,
      ),
    }),
  labels: (world, n) =>
    world.respecifySecret({
      labels: pick<Record<string, string>>([{}, { 'example.org/a': '1' }, { 'example.org/b': '2' }], n),
    }),
  policy: (world, n) => world.respecifySecret({ deletionPolicy: pick(['Delete', 'Retain'], n) }),
  rename: (world, n) => world.respecifySecret({ name: pick(['checkout-svid', 'tls', 'other'], n) }),
  renew: (world) => world.respecify({ renewRequest: String(world.cluster.serial()) }),
} as const satisfies Record<string, Happening>;

const former: OwnerReference = {
  apiVersion: 'signet.dev/v1alpha1',
  kind: 'ServiceIdentity',
  name: 'checkout',
  uid: 'former',
  controller: true,
};

/** More than a cache keeps. */
export const BULK = 'tool.org/bulk';
export const BYSTANDER: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'tool', uid: 'uid-tool' };

/** What somebody with rights on the Secret does to it. */
export const TENANT_EDITS = {
  deleteSecret: (world) => world.cluster.drop(world.secretName()),
  breakKey: (world) => world.edit((secret) => ({ ...secret, svid: undefined })),
  breakCombined: (world) => world.edit((secret) => ({ ...secret, formatsComplete: false })),
  rogueAnchors: (world) => world.edit((secret) => ({ ...secret, files: { ...secret.files, anchors: 'rogue' } })),
  freeze: (world) => world.edit((secret) => ({ ...secret, immutable: true })),
  touch: (world, n) =>
    world.editMeta(({ annotations }) => ({ annotations: { ...annotations, 'tool.org/seen': String(n) } })),
  bloat: (world, n) =>
    world.editMeta(({ annotations, ownerReferences }) => ({
      annotations: { ...annotations, [BULK]: `${n}`.padEnd(5000, '.') },
      ownerReferences: [...ownerReferences.filter(({ uid }) => uid !== BYSTANDER.uid), BYSTANDER],
    })),
  stripLabels: (world) => world.editMeta(() => ({ labels: {} })),
  stripAnnotations: (world) => world.editMeta(() => ({ annotations: {} })),
  stripOwner: (world) => world.editMeta(() => ({ ownerReferences: [] })),
  formerOwner: (world) => world.editMeta(() => ({ ownerReferences: [former] })),
  putBack: (world, n) => {
    const old = world.past[n % Math.max(1, world.past.length)];
    if (old !== undefined)
      world.edit((secret) => ({ ...old, meta: { ...secret.meta, annotations: old.meta.annotations } }));
  },
  restore: (world, n) => {
    const old = world.past[n % Math.max(1, world.past.length)];
    const name = world.secretName();
    if (old === undefined || old.meta.name !== name) return;
    world.cluster.drop(name);
    const { uid } = world.cluster.store(old, undefined);
    if (world.foreign.has(old.meta.uid)) world.foreign.add(uid);
  },
  occupy: (world) => {
    const name = world.secretName();
    world.cluster.drop(name);
    const meta = {
      namespace: 'shop',
      name,
      uid: '',
      resourceVersion: '',
      labels: {},
      annotations: {},
      ownerReferences: [],
      deleting: false,
    };
    const files = { anchors: undefined, clients: undefined, servers: undefined };
    const made = world.cluster.store(
      { meta, type: 'Opaque', immutable: false, svid: undefined, files, formatsComplete: false },
      undefined,
    );
    world.foreign.add(made.uid);
  },
} as const satisfies Record<string, Happening>;

/** What happens around an identity. */
export const SURROUNDINGS = {
  account: (world, n) =>
    n % 2 === 0 ? world.cluster.serviceAccounts.delete('checkout') : world.cluster.serviceAccounts.add('checkout'),
  suspend: (world, n) => world.respecify({ suspend: n % 2 === 0 }),
  authorityAway: (world) => {
    world.cluster.trustDomain = aTrustDomainView({ authority: undefined });
  },
  trustDomainAway: (world) => {
    world.cluster.trustDomain = undefined;
  },
  authorityBack: (world) => {
    world.cluster.trustDomain = aTrustDomainView();
  },
  takeover: (world, n) => {
    const id = `authority-${n % 3}`;
    const knownIDs = new Set([id, 'authority-1', `authority-${(n + 1) % 3}`]);
    world.cluster.trustDomain = aTrustDomainView({ authority: anAuthorityView({ id, knownIDs }) });
  },
  authorityReplaced: (world, n) => {
    const id = `authority-${n % 5}`;
    const authority = anAuthorityView({ id, knownIDs: new Set([id]), anchorsPEM: `${ANCHORS}${n % 3}` });
    world.cluster.trustDomain = aTrustDomainView({ authority });
  },
  settings: (world, n) => {
    const svid = pick<NonNullable<TrustDomainSpec['svid']>>(
      [{}, { shortNames: true }, { defaultTTL: '30m' }, { defaultTTL: '2h' }],
      n,
    );
    world.cluster.trustDomain = aTrustDomainView({ resolved: aResolvedTrustDomain({ svid }) });
  },
  namespace: (world, n) => {
    const allowedNamespaces = n % 2 === 0 ? { matchLabels: { no: 'such' } } : {};
    world.cluster.trustDomain = aTrustDomainView({ resolved: aResolvedTrustDomain({ allowedNamespaces }) });
  },
} as const satisfies Record<string, Happening>;

const CALLS: readonly Call[] = ['status', 'create', 'replace', 'patch'];

/** What goes wrong under the controller. */
export const FAULTS = {
  refuse: (world, n) => world.cluster.refusals.set(pick(CALLS, n), 1 + (n % 7)),
  refuseDelete: (world, n) => world.cluster.refusals.set('delete', 1 + (n % 7)),
  lag: (world) => {
    world.lagging = true;
  },
  catchUp: (world) => {
    world.lagging = false;
  },
  restart: (world) => world.controller.restart(),
  handOver: (world) => world.controller.takeOver(),
} as const satisfies Record<string, Happening>;

/** Time, from a moment to hours. */
export const TIME = {
  moment: (world, n) => world.advance((n % 10) * SECOND),
  minutes: (world, n) => world.advance((n % 20) * MINUTE),
  hours: (world, n) => world.advance((n % 5) * HOUR),
} as const satisfies Record<string, Happening>;

/** Takes away whatever stands in the way, and lets the controller finish. */
export function recover(world: ModelWorld): void {
  const { cluster } = world;
  cluster.refusals.clear();
  cluster.serviceAccounts.add('checkout');
  cluster.trustDomain = aTrustDomainView({ authority: cluster.trustDomain?.authority ?? anAuthorityView() });
  world.respecify({ suspend: false });
  for (const [name, { meta }] of cluster.secrets) if (world.foreign.has(meta.uid)) cluster.drop(name);
  world.lagging = false;
  world.settle();
  // As long as the longest hold-back of heals, and then as long as a back-off can be.
  world.advance(11 * MINUTE);
  world.settle();
  world.advance(6 * MINUTE);
  world.settle();
}
