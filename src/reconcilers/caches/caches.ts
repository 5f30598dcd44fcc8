// SPDX-License-Identifier: Apache-2.0
/**
 * The caches of the controller: one watch a kind, Secrets by metadata and label only, each projected to what decisions
 * read, and wired to what has to be looked at when something changes.
 * @module
 */

import type { ServiceIdentity } from '../../api/service-identity.ts';
import type { TrustDomain } from '../../api/trust-domain.ts';
import { MANAGED_LABEL, PASSWORD_LABEL, TRUST_DOMAIN_LABEL } from '../../api/well-known.ts';
import type { Clock } from '../../controller/clock.ts';
import type { SecretMeta } from '../../identity/observed.ts';
import { Reflector, type ReflectorObserver } from '../../kube/reflector.ts';
import { type Collection, collect, collectNamed, type WatchScope } from '../../kube/reflector-group.ts';
import { NAMESPACES, SECRETS, SERVICE_ACCOUNTS, SERVICE_IDENTITIES, TRUST_DOMAINS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import type { NamespaceFacts } from '../namespace-facts.ts';
import type { IdentityCaches } from '../service-identity/cluster.ts';
import { passwordVersion } from '../service-identity/keystores.ts';
import type { IdentityTriggers } from '../service-identity/triggers.ts';
import {
  projectExistence,
  projectIdentity,
  projectNamespace,
  projectSecret,
  projectTrustDomain,
} from './projections.ts';

/** The watch of Secrets with passwords, in logs and metrics. */
export const PASSWORDS = 'passwords';

export interface CachesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly triggers: IdentityTriggers;
  /** A TrustDomain, or a Secret of its authority, changed. */
  readonly onTrustDomain: (name: string) => void;
  readonly onNamespace: (name: string) => void;
  /** A labelled Secret of our own namespace changed. */
  readonly onOwnSecret: (name: string) => void;
  /** Caches of other parts, started and stopped with these. */
  readonly more: readonly Collection<unknown>[];
  readonly ownNamespace: string;
  /** Where identities are served; undefined: everywhere. */
  readonly watchNamespaces: readonly string[] | undefined;
  readonly observer: ReflectorObserver;
}

export class Caches implements IdentityCaches {
  readonly identities: Collection<ServiceIdentity>;
  readonly trustDomains: Collection<TrustDomain>;
  readonly secrets: Collection<SecretMeta>;
  readonly namespaces: Collection<NamespaceFacts>;
  readonly serviceAccounts: { has(key: string): boolean };
  readonly passwords: Collection<string>;
  /** In the order in which they start: what identities refer to first, so that nothing looks missing at start. */
  readonly reflectors: readonly Collection<unknown>[];

  constructor(options: CachesOptions) {
    const { transport, clock, triggers, onTrustDomain, onNamespace, onOwnSecret, more, ownNamespace, observer } =
      options;
    const common = { transport, clock, observer };
    const watched = options.watchNamespaces;
    const isGone = (name: string): boolean => this.isGone(name);
    const inside: WatchScope | undefined = watched && { namespaces: watched, isGone };
    const serviceAccounts = collect<true>(
      {
        ...common,
        resource: SERVICE_ACCOUNTS,
        metadataOnly: true,
        project: projectExistence,
        onEvent: (kind, key) => triggers.serviceAccountChanged(kind, key),
      },
      inside,
    );
    this.serviceAccounts = { has: (key) => serviceAccounts.get(key) !== undefined };
    this.namespaces = collectNamed<NamespaceFacts>(
      {
        ...common,
        resource: NAMESPACES,
        metadataOnly: true,
        project: projectNamespace,
        onEvent: (_, name) => {
          triggers.namespaceChanged(name);
          onNamespace(name);
        },
      },
      watched,
    );
    this.trustDomains = new Reflector<TrustDomain>({
      ...common,
      resource: TRUST_DOMAINS,
      project: projectTrustDomain,
      // Two objects can claim one trust domain name: a change of one may concern any other.
      onEvent: (_, name) => new Set([name, ...this.trustDomainNames()]).forEach(onTrustDomain),
    });
    this.secrets = collect<SecretMeta>(
      {
        ...common,
        resource: SECRETS,
        labelSelector: MANAGED_LABEL,
        metadataOnly: true,
        project: projectSecret,
        onEvent: (kind, key, secret) => {
          const own = secret.namespace === ownNamespace;
          const trustDomain = own ? secret.labels[TRUST_DOMAIN_LABEL] : undefined;
          if (trustDomain === undefined) triggers.secretChanged(kind, key, secret);
          else onTrustDomain(trustDomain);
          if (own) onOwnSecret(secret.name);
        },
      },
      // Those of the authorities are always ours to watch.
      watched && {
        namespaces: [...new Set([...watched, ownNamespace])],
        isGone: (name) => name !== ownNamespace && isGone(name),
        indispensable: ownNamespace,
      },
    );
    this.passwords = collect<string>(
      {
        ...common,
        resource: SECRETS,
        name: PASSWORDS,
        labelSelector: `${PASSWORD_LABEL}=true`,
        metadataOnly: true,
        project: ({ metadata }) => passwordVersion(metadata),
        onEvent: (_, key) => triggers.passwordChanged(key),
      },
      inside,
    );
    this.identities = collect<ServiceIdentity>(
      {
        ...common,
        resource: SERVICE_IDENTITIES,
        project: projectIdentity,
        onEvent: (kind, key, now, before) => triggers.identityChanged(kind, key, now, before),
      },
      inside,
    );
    this.reflectors = [
      this.namespaces,
      serviceAccounts,
      this.trustDomains,
      this.passwords,
      this.secrets,
      this.identities,
      ...more,
    ];
  }

  /** Whether a watched namespace does not exist, as far as known. */
  isGone(namespace: string): boolean {
    return this.namespaces.hasSynced && this.namespaces.get(namespace) === undefined;
  }

  trustDomainNames(): string[] {
    return [...this.trustDomains.keys()];
  }

  get synced(): boolean {
    return this.reflectors.every((reflector) => reflector.hasSynced);
  }

  /** Starts every watch and resolves once all caches are complete, or to false when `stop` came first. */
  async start(): Promise<boolean> {
    for (const reflector of this.reflectors) reflector.start();
    const synced = await Promise.all(this.reflectors.map((reflector) => reflector.whenSynced()));
    return synced.every(Boolean);
  }

  /** The network is known to have failed. */
  reconnect(): void {
    for (const reflector of this.reflectors) reflector.reconnect();
  }

  /** The API server is known to answer again. */
  hurry(): void {
    for (const reflector of this.reflectors) reflector.hurry();
  }

  async stop(): Promise<void> {
    await Promise.all(this.reflectors.map((reflector) => reflector.stop()));
  }
}
