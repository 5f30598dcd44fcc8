// SPDX-License-Identifier: Apache-2.0
/**
 * A trust domain whose certificates live for seconds, and identities in it for a handshake lab.
 * @module
 */
import { HOUR, SECOND } from '../../../src/time.ts';
import type { World } from '../../integration/stories/world.ts';
import { isReady, NAME, present } from '../../integration/stories/world.ts';
import { sharedControlPlane } from '../control-plane.ts';
import type { LabOptions } from './lab.ts';
import { watchSVIDs } from './secrets.ts';

/** How long a leaf lives. */
export const LIFETIME = 20 * SECOND;
/** M of the trust domain. */
export const MARGIN = 5 * SECOND;
/** The longest lag of a file: the rest of M is for the watch, for reading the files, and for the handshake itself. */
export const LAG = 4 * SECOND;
/** The shortest life that an intermediate may have. */
export const SHORT_INTERMEDIATE = 2 * LIFETIME + MARGIN;

export interface Workloads {
  /** Of the TrustDomain object. */
  readonly trustDomain: string;
  readonly namespace: string;
  readonly identities: readonly string[];
  /** What a lab needs to know of them. */
  readonly lab: Pick<LabOptions, 'watch' | 'namespace' | 'identities'>;
}

/** Resolves when every identity is Ready. Authorities rotate on their own only where their life is short. */
export async function createWorkloads(
  world: World,
  trustDomain: string,
  identities: readonly string[],
  intermediateLife: number = HOUR,
): Promise<Workloads> {
  const ttl = seconds(LIFETIME);
  await world.trustDomain(trustDomain, {
    trustDomain: `${trustDomain}.example.org`,
    allowedNamespaces: world.selector,
    svid: { minTTL: ttl, defaultTTL: ttl, maxTTL: ttl },
    propagationMargin: seconds(MARGIN),
    authority: {
      source: {
        type: 'SelfSigned',
        selfSigned: { root: { ttl: seconds(10 * HOUR) }, intermediate: { ttl: seconds(intermediateLife) } },
      },
    },
  });
  await world.untilTrustDomain(trustDomain, isReady);
  const namespace = await world.namespace();
  for (const identity of identities) {
    const spec = { trustDomainRef: { name: trustDomain }, serviceAccountName: NAME, services: [identity] };
    await world.identity(namespace, spec, identity);
  }
  for (const identity of identities) await world.ready(namespace, identity);
  const { kubeconfig } = sharedControlPlane();
  const watch: LabOptions['watch'] = (onVersion) => watchSVIDs(kubeconfig, namespace, onVersion);
  return { trustDomain, namespace, identities, lab: { watch, namespace, identities } };
}

/** Every identity gets another leaf at once, at the least convenient moment. */
export async function renewAll(world: World, { namespace, identities }: Workloads, request: string): Promise<void> {
  await Promise.all(identities.map((name) => world.patch(namespace, { renewRequest: request }, name)));
}

/** The id of the authority of that kind that signs now. */
export async function activeAuthority(
  world: World,
  trustDomain: string,
  kind: 'Root' | 'Intermediate',
): Promise<string> {
  const { status } = await world.untilTrustDomain(trustDomain, () => true);
  const active = status?.authorities?.find((authority) => authority.kind === kind && authority.state === 'Active');
  return present(active, `active ${kind}`).id;
}

function seconds(duration: number): string {
  return `${duration / SECOND}s`;
}
