// SPDX-License-Identifier: Apache-2.0
/** @module Pods under the restricted Pod Security Standard, with the Node.js of the image. */
import type { Scene } from './scene.ts';

/** What a pod takes in. */
export interface Mount {
  readonly name: string;
  readonly mountPath: string;
  /** A source of a volume. */
  readonly from: object;
}

export interface RestrictedPod {
  readonly name: string;
  readonly namespace: string;
  readonly account: string;
  /** Arguments of Node.js. */
  readonly args?: readonly string[];
  readonly mounts: readonly Mount[];
  /** Entries of /etc/hosts. */
  readonly hosts?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
}

const WAIT = ['--eval', 'setInterval(() => undefined, 1000)'];

/** The SVID of a Secret, where services look for it; only their group reads it. */
export function identityMount(secretName: string): Mount {
  const mountPath = '/var/run/secrets/signet';
  return { name: 'identity', mountPath, from: { secret: { secretName, defaultMode: 0o440 } } };
}

/** It waits where no arguments are given. */
export function restrictedPod({ image }: Pick<Scene, 'image'>, wanted: RestrictedPod): object {
  const { name, namespace, account, args = WAIT, mounts, hosts = [] } = wanted;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      serviceAccountName: account,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      hostAliases: hosts,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'service',
          image,
          imagePullPolicy: 'Never',
          command: ['/usr/local/bin/node', ...args],
          volumeMounts: mounts.map(({ name: volume, mountPath }) => ({ name: volume, mountPath, readOnly: true })),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
      volumes: mounts.map(({ name: volume, from }) => ({ name: volume, ...from })),
    },
  };
}
