// SPDX-License-Identifier: Apache-2.0
/**
 * hack/manifests/: what the chart renders apart from its pods, so that the demo, the tests and the benchmarks run with the
 * chart's rules without needing Helm.
 * @module
 */
import { CHART, type Helm, runHelm } from './helm.ts';

const NAMESPACE = 'signet-system';
const GENERATED = 'Generated from charts/signet by hack/chart/generate.ts.';
const NAMESPACE_OBJECT = `apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;
const SHARED = ['trustDomain=example.org', 'image.repository=localhost/signet'];

interface Manifests {
  /** Relative to the repository. */
  readonly path: string;
  readonly header: string;
  readonly before?: string;
  readonly values?: readonly string[];
  readonly templates: readonly string[];
}

const MANIFESTS: readonly Manifests[] = [
  {
    path: 'hack/manifests/controller.yaml',
    header: `# What \`signet controller\` needs of a cluster to run in: a namespace of its own, a ServiceAccount, and these rights and
# no others. ${GENERATED} The demo, the tests and the benchmarks use it.`,
    before: NAMESPACE_OBJECT,
    // Trust bundles of every TrustDomain: tests name them as they like.
    values: ['webhook.enabled=false', 'rbac.trustBundleSigners={signet.dev/*}', 'reload={PodAnnotation,Rollout}'],
    templates: ['controller/service-account', 'rbac/controller'],
  },
  {
    path: 'hack/manifests/webhook.yaml',
    header: `# What \`signet webhook\` needs beside controller.yaml: its own ServiceAccount, which reads what it judges by and one Secret,
# the right of the controller to keep caBundle in two configurations by name, and those configurations. The controller runs
# with --webhook-configurations=signet-webhook,signet-webhook-workloads. ${GENERATED}`,
    templates: ['webhook/service-account', 'rbac/webhook', 'webhook/service', 'webhook/configurations'],
  },
  {
    path: 'hack/manifests/admission-policies.yaml',
    header: `# What the API server itself refuses, whatever becomes of the webhook. Each policy stands alone and can be left out. The
# role signet-edit grants \`use\`. ${GENERATED}`,
    templates: [
      'rbac/users',
      ...['use-service-account', 'controller-secrets', 'controller-configmaps', 'controller-trust-domains'].map(
        inAdmission,
      ),
      ...['controller-trust-bundles', 'controller-pods', 'controller-workloads'].map(inAdmission),
      ...['authority-secrets', 'enforce-label', 'confirm-delete'].map(inAdmission),
    ],
  },
];

function inAdmission(name: string): string {
  return `admission/${name}`;
}

/** The files as they should be. */
export async function renderedManifests(helm: Helm): Promise<{ readonly path: string; readonly text: string }[]> {
  return Promise.all(MANIFESTS.map(async (wanted) => ({ path: wanted.path, text: await rendered(helm, wanted) })));
}

async function rendered(helm: Helm, { header, before = '', values = [], templates }: Manifests): Promise<string> {
  const show = templates.flatMap((name) => ['--show-only', `templates/${name}.yaml`]);
  const sets = [...SHARED, ...values].map((value) => `--set=${value}`);
  const text = await runHelm(helm, ['template', 'signet', CHART, `--namespace=${NAMESPACE}`, ...sets, ...show]);
  const tidy = text.replaceAll(/^# Source: .*$|[ \t]+$/gmu, '').replaceAll(/\n{2,}/gu, '\n');
  return `# SPDX-License-Identifier: Apache-2.0\n${header}\n${before === '' ? tidy.replace(/^---\n/u, '') : before + tidy}`;
}
