// SPDX-License-Identifier: Apache-2.0
/**
 * What stories about bundles look at: the ConfigMap of a namespace, the ClusterTrustBundle, and what a TrustDomain says.
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { TrustDomain } from '../../../src/api/trust-domain.ts';
import type { Kinds } from '../../support/kinds.ts';
import { present, type World } from './world.ts';

export type ConfigMap = Kinds['ConfigMap'];

const NAME = 'default-trust-bundle';
export const CLUSTER_BUNDLE = { kind: 'ClusterTrustBundle', name: 'signet.dev:default:bundle' } as const;

export function configMapRef(
  namespace: string,
  name: string = NAME,
): { readonly kind: 'ConfigMap'; readonly namespace: string; readonly name: string } {
  return { kind: 'ConfigMap', namespace, name };
}

/** The ConfigMap once it holds both files. */
export async function published(world: World, namespace: string, name: string = NAME): Promise<ConfigMap> {
  return present(await world.cluster.until(configMapRef(namespace, name), isComplete), name);
}

export function isComplete(now: ConfigMap | undefined): boolean {
  return now?.data?.['ca.crt']?.startsWith('-----BEGIN') === true && now.data['bundle.spiffe.json'] !== undefined;
}

interface BundleDocument {
  readonly spiffe_sequence: number;
  readonly keys: readonly object[];
}

export function documentOf({ data }: ConfigMap): BundleDocument {
  return JSON.parse(data?.['bundle.spiffe.json'] ?? '') as BundleDocument;
}

/** A namespace that `default` does not allow, with a label of its own. */
export async function apart(
  world: World,
): Promise<{ readonly namespace: string; readonly label: Readonly<Record<string, string>> }> {
  const label = { 'example.org/bundle': randomBytes(4).toString('hex') };
  return { namespace: await world.namespace(label), label };
}

/** The reason of the condition BundleBlocked. */
export function blockedBecause({ status }: TrustDomain): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'BundleBlocked')?.reason;
}
