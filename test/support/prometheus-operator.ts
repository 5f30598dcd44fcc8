// SPDX-License-Identifier: Apache-2.0
/** @module The kinds of the Prometheus operator, for clusters that do not have it. */

/** Enough of the Prometheus operator's kinds to hold the shape of the object, not its content. */
export function monitoring(kind: 'ServiceMonitor' | 'PodMonitor' | 'PrometheusRule'): unknown {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}
