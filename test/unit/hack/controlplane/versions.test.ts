// SPDX-License-Identifier: Apache-2.0
/** @module Versions, their module names and the cache folders made of them. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  cacheKey,
  DEFAULT_KUBERNETES_VERSION,
  ETCD_VERSION,
  libraryVersion,
  linkerFlags,
  parseKubernetesVersion,
  platformName,
} from '../../../../hack/controlplane/versions.ts';

const MODULES = new URL('../../../../hack/controlplane/modules/', import.meta.url);

it.each(['1.37.1', 'v1.37.1', ' 1.37.1\n'])('parses %j', (text) => {
  expect(parseKubernetesVersion(text)).toEqual({ text: '1.37.1', minor: 37, patch: 1 });
});

it.each(['', '1.37', '1.33.9', '2.37.1', '1.37.1-rc.1', '1.37.x', 'latest', '1.37.1; rm'])('refuses %j', (text) => {
  expect(() => parseKubernetesVersion(text)).toThrow(/not a supported Kubernetes version: give a full release/);
});

it('stamps what clients read', () => {
  const version = parseKubernetesVersion('1.34.4');
  expect(libraryVersion(version)).toBe('v0.34.4');
  expect(linkerFlags(version).split(' -X ')).toEqual(
    expect.arrayContaining([
      '-s -w',
      'k8s.io/component-base/version.gitVersion=v1.34.4',
      'k8s.io/component-base/version.gitMinor=34',
      'k8s.io/client-go/pkg/version.gitVersion=v1.34.4',
    ]),
  );
});

it('keeps programs apart by version and platform', () => {
  const [one, other] = [parseKubernetesVersion('1.37.1'), parseKubernetesVersion('1.34.4')];
  const linux = platformName('linux', 'x64');
  expect(linux).toBe('linux-amd64');
  expect(platformName('darwin', 'arm64')).toBe('darwin-arm64');
  expect(cacheKey('kubectl', one, linux)).toBe(cacheKey('kube-apiserver', one, linux));
  expect(cacheKey('kubectl', one, linux)).not.toBe(cacheKey('kubectl', other, linux));
  expect(cacheKey('etcd', one, linux)).toBe(cacheKey('etcd', other, linux));
  expect(cacheKey('etcd', one, linux)).not.toBe(cacheKey('etcd', one, 'linux-arm64'));
});

it('names the versions of the committed modules', async () => {
  const kubernetes = await readFile(new URL('kubernetes/go.mod', MODULES), 'utf8');
  const etcd = await readFile(new URL('etcd/go.mod', MODULES), 'utf8');
  expect(kubernetes).toContain(`require k8s.io/kubernetes v${DEFAULT_KUBERNETES_VERSION}\n`);
  expect(etcd).toContain(`require go.etcd.io/etcd/server/v3 v${ETCD_VERSION}\n`);
});
