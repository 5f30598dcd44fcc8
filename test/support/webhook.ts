// SPDX-License-Identifier: Apache-2.0
/**
 * `signet webhook` as a process with the rights of its own service account, called by the real API server: by URL, since
 * a local control plane has no cluster network.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { freePort } from '../../hack/controlplane/ports.ts';
import { auditedRequests } from './audit-log.ts';
import { apply, kubectl, serviceAccountKubeconfig, sharedControlPlane } from './control-plane.ts';
import { ungrantedRequests } from './rights.ts';
import type { Installation, SignetProcess } from './signet-process.ts';

const MANIFEST: string = path.resolve(import.meta.dirname, '../../hack/manifests/webhook.yaml');
const CONFIGURATIONS = ['signet-webhook', 'signet-webhook-workloads'] as const;

interface Entry {
  readonly name: string;
  readonly failurePolicy: string;
  readonly clientConfig: { readonly url?: string; readonly caBundle?: string };
}

export interface ConfigurationObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [more: string]: unknown };
  readonly webhooks: readonly Entry[];
}

export interface WebhookInstallation {
  /** What the controller has to be started with. */
  readonly controllerFlags: readonly string[];
  /** The configurations as a GitOps tool has them: without caBundle. */
  readonly configurations: readonly ConfigurationObject[];
  readonly port: number;
  /** `script`: instead of the program itself. */
  start(flags?: readonly string[], script?: string): Promise<SignetProcess>;
  /** Applies the configurations with another failurePolicy. */
  applyConfigurations(failurePolicy?: 'Fail' | 'Ignore'): Promise<void>;
  /** Takes away what is cluster-wide; an Error where the webhook asked for what no rule grants. */
  remove(): Promise<void>;
}

/** Applies the manifest of the webhook for an installation of the controller. */
export async function installWebhook(installation: Installation, ttl = '24h'): Promise<WebhookInstallation> {
  const { namespace } = installation;
  const text = (await readFile(MANIFEST, 'utf8')).replaceAll('signet-system', namespace);
  const objects = parseAllDocuments(text, { merge: true }).map((document) => document.toJS() as ConfigurationObject);
  const port = await freePort();
  const configurations = objects
    .filter(({ kind }) => kind === 'ValidatingWebhookConfiguration')
    .map((object) => ({
      ...object,
      webhooks: object.webhooks.map((entry) => ({
        ...entry,
        clientConfig: { url: `https://localhost:${port}/review` },
      })),
    }));
  await apply(...objects.filter(({ kind }) => kind !== 'ValidatingWebhookConfiguration'));
  const kubeconfig = await serviceAccountKubeconfig({ namespace, name: 'signet-webhook' });
  return {
    controllerFlags: [
      `--webhook-configurations=${CONFIGURATIONS.join(',')}`,
      '--webhook-dns-names=localhost',
      `--webhook-certificate-ttl=${ttl}`,
      '--webhook-probe-interval=1s',
    ],
    configurations,
    port,
    start: (flags = [], script) =>
      installation.startAs({
        role: 'webhook',
        kubeconfig,
        ...(script === undefined ? {} : { script }),
        flags: [`--webhook-address=127.0.0.1:${port}`, '--webhook-shutdown-delay=1s', ...flags],
      }),
    applyConfigurations: async (failurePolicy) => {
      const wanted = configurations.map((object) => ({
        ...object,
        webhooks: object.webhooks.map((entry) => ({ ...entry, ...(failurePolicy && { failurePolicy }) })),
      }));
      await apply(...wanted);
    },
    remove: async () => {
      const names = ['signet-webhook', 'signet-controller-webhook'];
      await kubectl(['delete', 'validatingwebhookconfiguration', ...CONFIGURATIONS, '--ignore-not-found']);
      await kubectl(['delete', 'clusterrole', ...names, '--ignore-not-found']);
      await kubectl(['delete', 'clusterrolebinding', ...names, '--ignore-not-found']);
      const ungranted = await ungrantedBy(`system:serviceaccount:${namespace}:signet-webhook`);
      if (ungranted.length > 0) throw new Error(`The webhook asked for what no rule grants: ${ungranted.join(', ')}`);
    },
  };
}

async function ungrantedBy(user: string): Promise<string[]> {
  const { auditLog } = sharedControlPlane();
  return auditLog === undefined ? [] : ungrantedRequests(await auditedRequests(auditLog, user));
}
