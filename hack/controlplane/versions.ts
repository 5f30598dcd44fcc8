// SPDX-License-Identifier: Apache-2.0
/**
 * Which programs a control plane, a node and the installation of the chart take, in which versions, and the names of the places they are kept in.
 * Pure: knows no file and no process.
 * @module
 */

export const DEFAULT_KUBERNETES_VERSION = '1.37.1';
/** Serves every supported Kubernetes; built from a module of its own, so that nothing raises its dependencies. */
export const ETCD_VERSION = '3.6.14';
const OLDEST_MINOR = 34;

/** Renders and installs the chart. */
export const HELM_VERSION = '4.2.4';
/** Scrapes, and judges metrics, rules and dashboards. */
export const PROMETHEUS_VERSION = '3.16.0';

type KubernetesProgram = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubectl' | 'kubelet';
export type ProgramName = 'etcd' | 'helm' | 'prometheus' | 'promtool' | KubernetesProgram;

/** The programs of the Kubernetes module, with the package each is built from. */
export const KUBERNETES_PACKAGES: Readonly<Record<KubernetesProgram, string>> = {
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  kubelet: 'k8s.io/kubernetes/cmd/kubelet',
};
export const HELM_PACKAGE = 'helm.sh/helm/v4/cmd/helm';
export const ETCD_PACKAGE = 'go.etcd.io/etcd/server/v3';
export const PROMETHEUS_PACKAGES: Readonly<Record<'prometheus' | 'promtool', string>> = {
  prometheus: 'github.com/prometheus/prometheus/cmd/prometheus',
  promtool: 'github.com/prometheus/prometheus/cmd/promtool',
};

/** A Kubernetes release, `1.<minor>.<patch>`, 1.34 or newer. */
export interface KubernetesVersion {
  readonly text: string;
  readonly minor: number;
  readonly patch: number;
}

/** Parses `1.37.1` or `v1.37.1`; throws an Error that says what is accepted. */
export function parseKubernetesVersion(text: string): KubernetesVersion {
  const match = /^v?1\.(\d{1,3})\.(\d{1,3})$/.exec(text.trim());
  const minor = Number(match?.[1]);
  if (match === null || minor < OLDEST_MINOR) {
    throw new Error(
      `KUBE_VERSION=${text} is not a supported Kubernetes version: give a full release such as ` +
        `${DEFAULT_KUBERNETES_VERSION}, 1.${OLDEST_MINOR}.0 or newer.`,
    );
  }
  const patch = Number(match[2]);
  return { text: `1.${minor}.${patch}`, minor, patch };
}

/** The version that the libraries of a Kubernetes release carry as Go modules: v0.37.1 for 1.37.1. */
export function libraryVersion(version: KubernetesVersion): string {
  return `v0.${version.minor}.${version.patch}`;
}

/**
 * Linker flags that stamp the version into the programs. Without them they say `v0.0.0-master`, and every client that
 * checks the server's version (Helm's `kubeVersion`, for one) refuses it.
 */
export function linkerFlags(version: KubernetesVersion): string {
  const base = 'k8s.io/component-base/version';
  const stamps = [
    `${base}.gitVersion=v${version.text}`,
    `${base}.gitMajor=1`,
    `${base}.gitMinor=${version.minor}`,
    `${base}.gitTreeState=clean`,
    `k8s.io/client-go/pkg/version.gitVersion=v${version.text}`,
  ];
  return `-s -w ${stamps.map((stamp) => `-X ${stamp}`).join(' ')}`;
}

/** The machine a program is for, in Go's words, for example `linux-amd64`. */
export function platformName(platform: string, architecture: string): string {
  return `${platform === 'win32' ? 'windows' : platform}-${architecture === 'x64' ? 'amd64' : architecture}`;
}

/** The name of the cache folder of a program: everything that its bytes depend on. */
export function cacheKey(program: ProgramName, version: KubernetesVersion, platform: string): string {
  if (program === 'etcd') return `etcd-v${ETCD_VERSION}-${platform}`;
  if (program === 'prometheus' || program === 'promtool') return `prometheus-v${PROMETHEUS_VERSION}-${platform}`;
  return program === 'helm' ? `helm-v${HELM_VERSION}-${platform}` : `kubernetes-v${version.text}-${platform}`;
}
