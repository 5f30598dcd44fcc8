// SPDX-License-Identifier: Apache-2.0
/**
 * What the tests of policies at admission share: policies over one namespace, and what the real API server says of an
 * object once the webhook has heard of them.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { afterEach, expect } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { kubectl, tryKubectl } from '../../support/control-plane.ts';
import { NAME, type World } from '../stories/world.ts';

export interface PolicyWorld {
  /** Creates a policy over a namespace, and tells its name. It goes with the test. */
  policy(namespace: string, spec: IdentityPolicySpec): Promise<string>;
  /** A namespace in which Pods are judged. */
  enforced(labels?: Readonly<Record<string, string>>): Promise<string>;
}

/** Policies of the tests of this file. */
export function policyWorld(world: World): PolicyWorld {
  const names: string[] = [];
  afterEach(async () => {
    for (const name of names.splice(0)) await world.cluster.delete({ kind: 'IdentityPolicy', name });
  });
  return {
    policy: async (namespace, spec) => {
      const name = `policy-${randomBytes(4).toString('hex')}`;
      names.push(name);
      const match = { ...spec.match, namespaces: { ...spec.match?.namespaces, names: [namespace] } };
      await world.cluster.create({ kind: 'IdentityPolicy', metadata: { name }, spec: { ...spec, match } });
      return name;
    },
    enforced: async (labels = {}) => {
      const namespace = await world.namespace();
      const all = Object.entries({ 'signet.dev/enforce': 'true', ...labels }).map(([key, value]) => `${key}=${value}`);
      await kubectl(['label', 'namespace', namespace, ...all]);
      return namespace;
    },
  };
}

export function identityOf(namespace: string, spec: Partial<ServiceIdentitySpec> = {}, name: string = NAME) {
  return {
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'ServiceIdentity',
    metadata: { name, namespace },
    spec: { serviceAccountName: NAME, ...spec },
  };
}

const CONTAINER = { name: 'app', image: 'example.org/app' };

/** A Pod that mounts a Secret, where there is one. */
export function podOf(namespace: string, account: string, secret?: string) {
  const volumes = secret === undefined ? [] : [{ name: 'svid', secret: { secretName: secret } }];
  const volumeMounts = secret === undefined ? [] : [{ name: 'svid', mountPath: '/svid' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace },
    spec: { serviceAccountName: account, volumes, containers: [{ ...CONTAINER, volumeMounts }] },
  };
}

/** The exit code of a dry run, and what the API server said to stderr; nothing is stored. */
export async function dryRun(object: unknown, ...flags: string[]): Promise<string> {
  const args = ['create', '--dry-run=server', ...flags, '-f', '-'];
  const { code, stderr } = await tryKubectl(args, JSON.stringify(object));
  return `${code} ${stderr}`.trim();
}

/** Waits until this is said of the object: the webhook hears of policies within a moment. */
export async function heard(object: unknown, says: RegExp, ...flags: string[]): Promise<string> {
  await expect.poll(() => dryRun(object, ...flags), { timeout: 30_000, interval: 200 }).toMatch(says);
  return dryRun(object, ...flags);
}
