// SPDX-License-Identifier: Apache-2.0
/**
 * The Secrets of a namespace as they come from the API server, for whoever mounts them.
 * @module
 */
import { systemClock } from '../../../src/controller/clock.ts';
import { HTTPTransport } from '../../../src/kube/http-transport.ts';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { type KubeObject, SECRETS } from '../../../src/kube/resources.ts';
import type { PodFiles } from './chain-state.ts';

/** Told of every version of every SVID. */
export type OnVersion = (secret: string, files: PodFiles) => void;

/** A source of versions that runs. */
export interface SecretWatch {
  /** Anything that went wrong with the watch itself: then lags were longer than planned. */
  readonly problems: readonly string[];
  stop(): Promise<void>;
}

/** Calls back with every version of every SVID in the namespace, until stopped. */
export async function watchSVIDs(kubeconfig: string, namespace: string, onVersion: OnVersion): Promise<SecretWatch> {
  const cluster = await fromKubeconfig({ path: kubeconfig });
  const transport = new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet-handshake-lab' });
  const problems: string[] = [];
  const reflector = new Reflector<PodFiles | undefined>({
    transport,
    clock: systemClock,
    resource: SECRETS,
    namespace,
    labelSelector: 'signet.dev/managed=svid',
    project: filesOf,
    onEvent: (kind, key, files) => {
      const name = key.slice(key.indexOf('/') + 1);
      // The files of a pod stay when the Secret is deleted.
      if (kind !== 'deleted' && files !== undefined) onVersion(name, files);
    },
    observer: {
      onDisconnected: (_, wait, error) => {
        if (error !== undefined) problems.push(`The watch broke off, next try in ${wait} ms: ${error.message}`);
      },
      onProblem: (_, error) => void problems.push(String(error)),
    },
  });
  reflector.start();
  return {
    problems,
    stop: async () => {
      await reflector.stop();
      await transport.close();
    },
  };
}

function filesOf({ data = {} }: KubeObject & { readonly data?: Readonly<Record<string, string>> }) {
  const text = (name: string) => Buffer.from(data[name] ?? '', 'base64').toString('utf8');
  const files = { certificate: text('tls.crt'), key: text('tls.key'), anchors: text('ca.crt') };
  return Object.values(files).includes('') ? undefined : files;
}
