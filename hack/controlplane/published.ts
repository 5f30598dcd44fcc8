// SPDX-License-Identifier: Apache-2.0
/**
 * The published archives that may be downloaded, with their sums: envtest's (as its release index lists them) and, for
 * the controller manager that those lack, the server archive of a Kubernetes release (as its changelog lists it). What
 * has no sum here is never downloaded.
 * @module
 */
import type { ProgramName } from './versions.ts';

export interface PublishedArchive {
  /** The Kubernetes version it serves. */
  readonly version: string;
  readonly platform: string;
  readonly url: string;
  readonly sha512: string;
  /** The folder inside the archive that holds the programs. */
  readonly folder: string;
  readonly programs: readonly ProgramName[];
}

const ENVTEST_SUMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '1.34.1': {
    'linux-amd64':
      'c5e7c237ae18a8c65d0df1214b864ecd19aa9ff4f1383dbd477c202546d778c0f74efe15750ec38f57d8de26ba17cd62f404446cdd3c975399a5d4589de35cdd',
    'linux-arm64':
      'bf13d2456183e66d084e28e1c9eed6a408fb77a06d8d1fd0461a7d9bc0c90b63d29ea67870b28f80d1f992acb026007d6f43987753c859c81d6a78bc1ca2c903',
    'darwin-arm64':
      '43d7c10b74100d20044df7c73be03e26f8243a9cb7c1d3035e581ee7bb0c7ffcaf759b9e182186b5bb2f47d1608835414ca443181a02d9ecb6c9cf04b43e3809',
  },
  '1.35.0': {
    'linux-amd64':
      '130369c16f076e724d089189afaede960316f5f5dea6cf57be7a4fc6f09c77342893192509790e4056e116e232dff832ed863f5bd55dcb55d38f3ab834828a11',
    'linux-arm64':
      'e53e2b88398f5b9503e3f074d82a2dcb090c708b34940848607ce658138a5d4a25962e042ab683ccc026a8a6c90c0be7f658e42dde0887369d73c3b68e2fc86c',
    'darwin-arm64':
      'bb5d0bb3975956331b0aa0c039955b4c4dc6c5c288e5af369364c7d2fbeac11a025227dabb127569080b259dd29b697cc77fa77abd27ae26721ddb23e8ee0613',
  },
  '1.36.2': {
    'linux-amd64':
      'ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08',
    'linux-arm64':
      '2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac',
    'darwin-arm64':
      '9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce',
  },
};

const SERVER_SUMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '1.37.0': {
    'linux-amd64':
      'f537143ccadab75bce7cfa97ae29999ec4fa5e09405ad65cb9b1dcd3b132a0eefde4fcc8653e0059113b1ffb163255df26cd4a725b07601a261c94e17cbcfc6e',
    'linux-arm64':
      '09d9be33f71a93704da6684e0c88872d3140e55c4ad9ae87a92045ac0423ce3770b282b6d5f13fbdb5e49dd817385d0e261ba5f22637eb14712f5301d39f8795',
  },
};

/** The envtest release whose etcd goes with the server archives, which hold none. */
const ETCD_FROM = '1.36.2';

/** The archives for a version on a platform, the small ones first; none when no sum is pinned. */
export function publishedArchives(version: string, platform: string): PublishedArchive[] {
  const server = SERVER_SUMS[version]?.[platform];
  const envtest = ENVTEST_SUMS[version]?.[platform];
  const etcd = ENVTEST_SUMS[ETCD_FROM]?.[platform];
  const found: PublishedArchive[] = [];
  if (envtest !== undefined) {
    found.push(envtestArchive(version, version, platform, envtest, ['etcd', 'kube-apiserver', 'kubectl']));
  } else if (server !== undefined && etcd !== undefined) {
    found.push(envtestArchive(version, ETCD_FROM, platform, etcd, ['etcd']));
  }
  if (server !== undefined) {
    found.push({
      version,
      platform,
      url: `https://dl.k8s.io/v${version}/kubernetes-server-${platform}.tar.gz`,
      sha512: server,
      folder: 'kubernetes/server/bin',
      programs: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kubelet'],
    });
  }
  return found;
}

/** The newest version of which every program is published for a platform: what a machine without Go can run. */
export function newestComplete(platform: string): string | undefined {
  const complete = Object.keys(SERVER_SUMS).filter((version) => SERVER_SUMS[version]?.[platform] !== undefined);
  return complete.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

function envtestArchive(
  version: string,
  release: string,
  platform: string,
  sha512: string,
  programs: readonly ProgramName[],
): PublishedArchive {
  const name = `envtest-v${release}`;
  return {
    version,
    platform,
    url: `https://github.com/kubernetes-sigs/controller-tools/releases/download/${name}/${name}-${platform}.tar.gz`,
    sha512,
    folder: 'controller-tools/envtest',
    programs,
  };
}
