// SPDX-License-Identifier: Apache-2.0
/**
 * The world of a file of user stories: one controller as a process with its own rights, a TrustDomain `default` for
 * the namespaces of this file, and what a tenant does there.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { IdentityReason } from '../../../src/api/conditions.ts';
import type { Condition } from '../../../src/api/object-meta.ts';
import type { ServiceIdentity, ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import type { TrustDomain, TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import { auditedRequests } from '../../support/audit-log.ts';
import { type Cluster, openCluster } from '../../support/cluster.ts';
import { RUN_LABEL, sharedControlPlane } from '../../support/control-plane.ts';
import type { SecretObject } from '../../support/kinds.ts';
import { ungrantedRequests } from '../../support/rights.ts';
import { type Installation, installController, type SignetProcess, type Start } from '../../support/signet-process.ts';

const STORY_LABEL = 'signet.dev/story';
export const TRUST_DOMAIN = 'example.org';
/** Name of the identity, its ServiceAccount and its Service where a story needs only one. */
export const NAME = 'checkout';

export interface WorldOptions {
  /** Whether a controller runs from the start; otherwise stories start their own. */
  readonly running?: boolean;
  readonly flags?: readonly string[];
  /** Somebody else acts as the controller, and tries more than its rules grant. */
  readonly stolen?: boolean;
}

export class World {
  readonly #options: WorldOptions;
  readonly #id = randomBytes(4).toString('hex');
  readonly #namespaces: string[] = [];
  readonly #trustDomains: string[] = ['default'];
  #cluster: Cluster | undefined;
  #installation: Installation | undefined;
  #signet: SignetProcess | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  get cluster(): Cluster {
    return present(this.#cluster, 'cluster');
  }
  get installation(): Installation {
    return present(this.#installation, 'installation');
  }
  /** The controller started last. */
  get signet(): SignetProcess {
    return present(this.#signet, 'controller');
  }
  /** A selector of the namespaces of this file. */
  get selector(): { readonly matchLabels: Readonly<Record<string, string>> } {
    return { matchLabels: { [STORY_LABEL]: this.#id } };
  }
  /** SVIDs live an hour unless a spec says otherwise, and may be as short as 20 s. */
  get flags(): readonly string[] {
    return [
      `--trust-domain=${TRUST_DOMAIN}`,
      `--default-trust-domain-allowed-namespaces=${STORY_LABEL}=${this.#id}`,
      '--default-trust-domain-min-ttl=20s',
      '--default-trust-domain-propagation-margin=5s',
      '--secret-metadata-prefixes=example.org',
      ...(this.#options.flags ?? []),
    ];
  }

  async begin(): Promise<void> {
    this.#cluster = await openCluster(sharedControlPlane().kubeconfig);
    this.#installation = await installController(`signet-${this.#id}`);
    if (this.#options.running === false) return;
    const signet = await this.start();
    await signet.untilSigning();
    await this.untilTrustDomain('default', isReady);
  }

  async end(): Promise<void> {
    await this.#installation?.close();
    const cluster = this.#cluster;
    if (cluster === undefined) return;
    const own = this.#installation === undefined ? [] : [this.#installation.namespace];
    // Namespaces take their time to go, and the controller of the next file must not look after what is in them.
    await Promise.all(this.#namespaces.map((namespace) => cluster.deleteAll('ServiceIdentity', namespace)));
    await Promise.all([
      ...this.#trustDomains.map((name) => cluster.delete({ kind: 'TrustDomain', name })),
      ...[...this.#namespaces, ...own].map((name) => cluster.delete({ kind: 'Namespace', name })),
    ]);
    await cluster.close();
    const ungranted = await this.#ungranted();
    if (ungranted.length > 0) throw new Error(`The controller asked for what no rule grants: ${ungranted.join(', ')}`);
  }

  async #ungranted(): Promise<string[]> {
    const { auditLog } = sharedControlPlane();
    if (this.#options.stolen === true || this.#installation === undefined || auditLog === undefined) return [];
    return ungrantedRequests(await auditedRequests(auditLog, this.#installation.user));
  }

  start(flags: readonly string[] = this.flags): Promise<SignetProcess> {
    return this.startAs({ flags });
  }

  async startAs(start: Partial<Start>): Promise<SignetProcess> {
    this.#signet = await this.installation.startAs({ flags: this.flags, ...start });
    return this.#signet;
  }

  /** A namespace that the TrustDomain allows, with a ServiceAccount. */
  async namespace(labels: Readonly<Record<string, string>> = { [STORY_LABEL]: this.#id }): Promise<string> {
    const name = `story-${randomBytes(4).toString('hex')}`;
    const metadata = { name, labels: { ...labels, [RUN_LABEL]: sharedControlPlane().run } };
    await this.cluster.create({ kind: 'Namespace', metadata });
    this.#namespaces.push(name);
    await this.serviceAccount(name);
    return name;
  }

  async serviceAccount(namespace: string, name: string = NAME): Promise<void> {
    await this.cluster.create({ kind: 'ServiceAccount', metadata: { name, namespace } });
  }

  async trustDomain(name: string, spec: TrustDomainSpec): Promise<TrustDomain> {
    this.#trustDomains.push(name);
    return this.cluster.create({ kind: 'TrustDomain', metadata: { name }, spec });
  }

  /** Asks for an identity, without waiting for it. */
  identity(namespace: string, spec: Partial<ServiceIdentitySpec> = {}, name: string = NAME): Promise<ServiceIdentity> {
    return this.cluster.create({
      kind: 'ServiceIdentity',
      metadata: { name, namespace },
      spec: { serviceAccountName: NAME, ...spec },
    });
  }

  /** A namespace with an identity that is Ready. */
  async issued(spec: Partial<ServiceIdentitySpec> = {}): Promise<Issued> {
    const namespace = await this.namespace();
    await this.identity(namespace, spec);
    const identity = await this.ready(namespace);
    const secret = await this.secret(namespace, identity.status?.secret?.name);
    return { namespace, identity, secret };
  }

  patch(namespace: string, spec: unknown, name: string = NAME): Promise<ServiceIdentity> {
    return this.cluster.patch({ kind: 'ServiceIdentity', namespace, name }, { spec });
  }

  async until(
    namespace: string,
    condition: (identity: ServiceIdentity) => boolean,
    name: string = NAME,
  ): Promise<ServiceIdentity> {
    const ref = { kind: 'ServiceIdentity', namespace, name } as const;
    const found = await this.cluster.until(ref, (now) => now !== undefined && condition(now));
    return present(found, name);
  }

  ready(namespace: string, name: string = NAME): Promise<ServiceIdentity> {
    return this.until(namespace, isReady, name);
  }

  /** Waits for the Ready condition to have this reason. */
  because(namespace: string, reason: IdentityReason, name: string = NAME): Promise<ServiceIdentity> {
    return this.until(namespace, (identity) => current(identity)?.reason === reason, name);
  }

  /** Waits until another SVID than the given one is stored and Ready. */
  reissued(before: ServiceIdentity): Promise<ServiceIdentity> {
    const { name, namespace = '' } = before.metadata;
    const { serialNumber } = before.status ?? {};
    return this.until(namespace, (now) => isReady(now) && now.status?.serialNumber !== serialNumber, name);
  }

  async secret(namespace: string, name = `${NAME}-svid`): Promise<SecretObject> {
    return present(await this.cluster.get({ kind: 'Secret', namespace, name }), `Secret ${name}`);
  }

  patchSecret(namespace: string, patch: unknown, name = `${NAME}-svid`): Promise<SecretObject> {
    return this.cluster.patch({ kind: 'Secret', namespace, name }, patch);
  }

  async untilSecret(
    namespace: string,
    condition: (secret: SecretObject) => boolean,
    name = `${NAME}-svid`,
  ): Promise<SecretObject> {
    const ref = { kind: 'Secret', namespace, name } as const;
    const found = await this.cluster.until(ref, (now) => now !== undefined && condition(now));
    return present(found, name);
  }

  async untilTrustDomain(name: string, condition: (trustDomain: TrustDomain) => boolean): Promise<TrustDomain> {
    const ref = { kind: 'TrustDomain', name } as const;
    const found = await this.cluster.until(ref, (now) => now !== undefined && condition(now), 120_000);
    return present(found, name);
  }
}

/** An identity as it was when it first became Ready. */
export interface Issued {
  readonly namespace: string;
  readonly identity: ServiceIdentity;
  readonly secret: SecretObject;
}

/** The world of this file; it exists while its tests run. */
export function storyWorld(options: WorldOptions = {}): World {
  const world = new World(options);
  beforeAll(() => world.begin());
  afterAll(() => world.end());
  return world;
}

interface WithConditions {
  readonly metadata: { readonly generation?: number };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** The Ready condition, where it is about the spec as it is now. */
export function current({ metadata, status }: WithConditions): Condition | undefined {
  return status?.conditions?.find(
    ({ type, observedGeneration }) => type === 'Ready' && observedGeneration === metadata.generation,
  );
}

export function isReady(object: WithConditions): boolean {
  return current(object)?.status === 'True';
}

/** The value, where a story has made sure that there is one. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`There is no ${what}`);
  return value;
}
