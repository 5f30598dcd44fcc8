// SPDX-License-Identifier: Apache-2.0
/** @module The generated Go module of a Kubernetes version. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { goDirective, kubernetesModule, stagedLibraries } from '../../../../hack/controlplane/kubernetes-module.ts';
import {
  DEFAULT_KUBERNETES_VERSION,
  libraryVersion,
  parseKubernetesVersion,
} from '../../../../hack/controlplane/versions.ts';

const RELEASE = `module k8s.io/kubernetes

go 1.24.0

godebug default=go1.24

require (
\tgithub.com/fake/thing v1.0.0
\tk8s.io/api v0.0.0
)

replace (
\tgithub.com/fake/thing => github.com/other/thing v1.0.1
\tk8s.io/api => ./staging/src/k8s.io/api
\tk8s.io/kube-aggregator => ./staging/src/k8s.io/kube-aggregator
)

replace k8s.io/cri-client v0.0.0 => ./staging/src/k8s.io/cri-client
`;

it("takes the list of libraries from the release's own go.mod", () => {
  expect(stagedLibraries(RELEASE)).toEqual(['k8s.io/api', 'k8s.io/kube-aggregator', 'k8s.io/cri-client']);
});

it('points every library at its published module of the same release', () => {
  const text = kubernetesModule(parseKubernetesVersion('1.34.4'), RELEASE);
  expect(goDirective(text)).toBe('1.24.0');
  expect(text).toContain('require k8s.io/kubernetes v1.34.4\n');
  expect(text).toContain('\tk8s.io/cri-client => k8s.io/cri-client v0.34.4\n');
  expect(text).not.toContain('staging');
  expect(text).toContain('\tk8s.io/kubernetes/cmd/kube-controller-manager\n');
});

it('refuses a go.mod without libraries', () => {
  expect(() => kubernetesModule(parseKubernetesVersion('1.34.4'), 'module x\n\ngo 1.24.0\n')).toThrow(
    'replaces no library',
  );
  expect(() => goDirective('module x\n')).toThrow('no go directive');
});

it('agrees with the committed module about how libraries are replaced', async () => {
  const file = new URL('../../../../hack/controlplane/modules/kubernetes/go.mod', import.meta.url);
  const committed = await readFile(file, 'utf8');
  const replaced = [...committed.matchAll(/^\t(k8s\.io\/\S+) => (\S+) (\S+)$/gm)];
  const version = libraryVersion(parseKubernetesVersion(DEFAULT_KUBERNETES_VERSION));
  expect(replaced).toHaveLength(33);
  for (const [, from, to, at] of replaced) expect({ from, at }).toEqual({ from: to, at: version });
});
