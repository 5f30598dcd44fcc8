// SPDX-License-Identifier: Apache-2.0
/**
 * The ValidatingAdmissionPolicies of the manifest, for an installation of the controller: applied, in force, and taken
 * away again.
 * @module
 */
import path from 'node:path';
import { vi } from 'vitest';
import { applyFile, kubectl, tryKubectl } from './control-plane.ts';

const MANIFEST: string = path.resolve(import.meta.dirname, '../../hack/manifests/admission-policies.yaml');
const KINDS = ['validatingadmissionpolicybindings', 'validatingadmissionpolicies'] as const;

/** Resolves when every policy of the file is in force, as its last one shows. */
export async function installPolicies(namespace: string): Promise<void> {
  await applyFile(MANIFEST, { 'signet-system': namespace });
  const probe = { apiVersion: 'signet.dev/v1alpha1', kind: 'TrustDomain', metadata: { name: 'policy-probe' } };
  await kubectl(['apply', '-f', '-'], JSON.stringify({ ...probe, spec: { trustDomain: 'policy-probe.example' } }));
  await vi.waitFor(
    async () => {
      const said = await tryKubectl(['delete', 'trustdomain', 'policy-probe', '--dry-run=server']);
      if (!said.stderr.includes('signet-confirm-delete'))
        throw new Error(`The policies are not in force: ${said.stderr}`);
    },
    { timeout: 30_000, interval: 200 },
  );
  await kubectl(['annotate', 'trustdomain', 'policy-probe', 'signet.dev/confirm-delete=policy-probe']);
  await kubectl(['delete', 'trustdomain', 'policy-probe']);
}

/** Resolves when none is in force any more: a TrustDomain can be deleted. */
export async function removePolicies(): Promise<void> {
  for (const kind of KINDS) {
    const all = (await kubectl(['get', kind, '-o', 'name'])).split('\n').filter((name) => name.includes('/signet-'));
    if (all.length > 0) await kubectl(['delete', ...all]);
  }
  await kubectl(['delete', 'clusterrole', 'signet-edit', 'signet-view', '--ignore-not-found']);
  await vi.waitFor(
    async () => {
      const said = await tryKubectl(['delete', 'trustdomain', 'default', '--dry-run=server', '--ignore-not-found']);
      if (said.code !== 0) throw new Error(`The policies are still in force: ${said.stderr}`);
    },
    { timeout: 30_000, interval: 200 },
  );
}
