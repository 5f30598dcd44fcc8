// SPDX-License-Identifier: Apache-2.0
/**
 * Many identities in one namespace, and the question whether all is well with every one of them.
 * @module
 */
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import { disagreement, serialOf } from '../integration/stories/svid-files.ts';
import { isReady, type World } from '../integration/stories/world.ts';
import type { SecretObject } from '../support/cluster.ts';

/** Asks for `count` identities, some at a time. */
export async function createFleet(world: World, namespace: string, count: number, ttl: string): Promise<void> {
  let next = 0;
  const creator = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await world.identity(namespace, { ttl }, `fleet-${next}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, creator));
}

/** Everything that is wrong now: not Ready, status and Secret of different SVIDs, key and chain that do not fit, orphans. */
export async function troubles(world: World, namespace: string): Promise<string[]> {
  const identities = await world.cluster.list('ServiceIdentity', namespace);
  const secrets = (await world.cluster.list('Secret', namespace)).filter(
    ({ metadata }) => metadata.labels?.['signet.dev/managed'] === 'svid',
  );
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]));
  const found = identities.flatMap(
    (identity) => troubleOf(identity, byName.get(`${identity.metadata.name}-svid`)) ?? [],
  );
  const expected = new Set(identities.map(({ metadata }) => `${metadata.name}-svid`));
  const orphans = secrets
    .filter(({ metadata }) => !expected.has(metadata.name))
    .map(({ metadata }) => `${metadata.name} is an orphan`);
  return [...found, ...orphans];
}

function troubleOf(identity: ServiceIdentity, secret: SecretObject | undefined): string | undefined {
  const { name } = identity.metadata;
  if (!isReady(identity)) return `${name} is not Ready: ${JSON.stringify(identity.status?.conditions)}`;
  if (secret === undefined) return `${name} has no Secret`;
  const why = disagreement(secret);
  if (why !== undefined) return `${name}: ${why}`;
  if (serialOf(secret) !== identity.status?.serialNumber) return `${name}: status speaks of another SVID`;
  return undefined;
}

/** Waits until nothing is wrong; an Error with what still is. */
export async function untilWell(world: World, namespace: string, patienceMs = 120_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = await troubles(world, namespace);
    if (left.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`${left.length} identities are not well:\n${left.slice(0, 10).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
