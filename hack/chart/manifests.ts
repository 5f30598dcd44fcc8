// SPDX-License-Identifier: Apache-2.0
/**
 * hack/manifests/controller.yaml: what the chart renders for the controller apart from its pods, so that the demo, the
 * tests and the benchmarks run it with the chart's rules without needing Helm.
 * @module
 */
import { CHART, type Helm, runHelm } from './helm.ts';

export const MANIFESTS_FILE = 'hack/manifests/controller.yaml';

const NAMESPACE = 'signet-system';
const HEADER = `# SPDX-License-Identifier: Apache-2.0
# What \`signet controller\` needs of a cluster to run in: a namespace of its own, a ServiceAccount, and these rights and
# no others. Generated from charts/signet by hack/chart/generate.ts; the demo, the tests and the benchmarks use it.
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;

/** The file as it should be. Trust bundles of every TrustDomain: tests name them as they like. */
export async function renderedManifests(helm: Helm): Promise<string> {
  const show = ['controller/service-account', 'rbac/controller'].flatMap((name) => [
    '--show-only',
    `templates/${name}.yaml`,
  ]);
  const values = [
    '--set=trustDomain=example.org',
    '--set=rbac.trustBundleSigners={signet.dev/*}',
    '--set=reload={PodAnnotation,Rollout}',
  ];
  const rendered = await runHelm(helm, ['template', 'signet', CHART, `--namespace=${NAMESPACE}`, ...values, ...show]);
  return HEADER + rendered.replaceAll(/^# Source: .*$|[ \t]+$/gmu, '').replaceAll(/\n{2,}/gu, '\n');
}
