// SPDX-License-Identifier: Apache-2.0
/**
 * Values that people install the chart with, one by one and together, and values that it has to refuse.
 * @module
 */

type Values = Readonly<Record<string, unknown>>;

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** Of either role; docs/observability.md has the same. */
const COLLECTOR_ROOT = {
  extraEnv: [{ name: 'OTEL_EXPORTER_OTLP_CERTIFICATE', value: '/etc/collector/ca.crt' }],
  extraVolumes: [{ name: 'collector-root', configMap: { name: 'collector-root' } }],
  extraVolumeMounts: [{ name: 'collector-root', mountPath: '/etc/collector', readOnly: true }],
};

const ON_AMD64 = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] }] }],
    },
  },
};

/** By what they are about. All of them get the trust domain example.org and an image. */
export const MATRIX: Readonly<Record<string, Values>> = {
  defaults: {},
  'one replica': { controller: { replicas: 1 } },
  'no replicas': { controller: { replicas: 0 } },
  'many replicas': { controller: { replicas: 5, podDisruptionBudget: { maxUnavailable: '40%' } } },
  'no disruption budgets': {
    controller: { podDisruptionBudget: { enabled: false } },
    webhook: { podDisruptionBudget: { enabled: false } },
  },
  'some namespaces': { watchNamespaces: ['shop', 'web'] },
  'its own namespace only': { watchNamespaces: ['signet-system'], admissionPolicies: { controllerGuard: false } },
  'namespace default as well': { watchNamespaces: ['default', 'shop'] },
  'a default TrustDomain': {
    defaultTrustDomain: {
      allowedNamespaces: 'env=prod,team in (a,b),!legacy',
      defaultTTL: '30m',
      minTTL: '20m',
      maxTTL: '12h',
      propagationMargin: '2m',
      rootTTL: '17520h',
      intermediateTTL: '336h',
    },
  },
  'reloads of both types': { reload: ['PodAnnotation', 'Rollout'] },
  'reloads in some namespaces': { reload: ['PodAnnotation'], watchNamespaces: ['shop'] },
  'every namespace allowed': { defaultTrustDomain: { allowedNamespaces: 'all' } },
  'an image by digest': { image: { repository: 'registry.example.com:5000/signet', digest: DIGEST } },
  'an image by tag': { image: { tag: 'v1.2.3', pullPolicy: 'Always' }, imagePullSecrets: [{ name: 'registry' }] },
  'other names': { fullnameOverride: 'identities', controller: { serviceAccount: { name: 'issuer' } } },
  'a long name': { nameOverride: 'a-name-that-is-much-longer-than-any-label-could-ever-be-in-kubernetes' },
  'labels and annotations everywhere': {
    commonLabels: { team: 'platform' },
    commonAnnotations: { 'example.org/owner': 'platform' },
    controller: {
      labels: { a: 'b' },
      annotations: { c: 'd' },
      podLabels: { e: 'f' },
      podAnnotations: { g: 'h' },
      serviceAccount: { annotations: { i: 'j' } },
    },
    webhook: {
      labels: { a: 'b' },
      annotations: { c: 'd' },
      podLabels: { e: 'f' },
      podAnnotations: { g: 'h' },
      service: { annotations: { m: 'n' } },
      serviceAccount: { annotations: { i: 'j' } },
    },
    metrics: { service: { annotations: { k: 'l' } } },
  },
  'roles of somebody else': {
    rbac: { create: false, aggregate: false },
    controller: { serviceAccount: { create: false, name: 'signet-controller' } },
    webhook: { serviceAccount: { create: false, name: 'signet-webhook' } },
  },
  'no trust bundles': { rbac: { trustBundleSigners: [] } },
  'bundles of several TrustDomains': { rbac: { trustBundleSigners: ['signet.dev/default', 'signet.dev/partners'] } },
  'CRDs of somebody else': { crds: { install: false } },
  'scraped through a Service': {
    metrics: { serviceMonitor: { enabled: true, labels: { release: 'monitoring' }, interval: '15s' } },
  },
  'scraped without a Service': {
    metrics: {
      service: { enabled: false },
      podMonitor: { enabled: true, labels: { release: 'monitoring' }, interval: '1m' },
    },
  },
  'alerts and dashboards': {
    prometheusRule: {
      enabled: true,
      labels: { release: 'monitoring' },
      alertLabels: { team: 'platform' },
      disabled: ['SignetNoWarmStandby'],
      runbookURL: 'https://runbooks.example.com/signet',
    },
    dashboards: { enabled: true, labels: { grafana_dashboard: 'yes' }, annotations: { grafana_folder: 'Signet' } },
  },
  'another port': { metrics: { port: 8080 } },
  'closed network': { networkPolicy: { enabled: true } },
  'closed network with an open door': {
    networkPolicy: {
      enabled: true,
      apiServer: { cidrs: ['10.0.0.1/32', 'fd00::1/128'], ports: [6443] },
      webhookFrom: [{ ipBlock: { cidr: '10.0.0.0/24' } }],
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    },
  },
  traced: { tracing: { endpoint: 'http://otel-collector.observability:4318' } },
  'traced with a token, out of a closed network': {
    tracing: {
      endpoint: 'https://collector.example.org/otlp/v1/traces',
      sampleRatio: 0.00001,
      headersSecret: { name: 'collector-headers' },
    },
    networkPolicy: {
      enabled: true,
      collector: { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [443, 4318] },
    },
  },
  'traced by a collector with a root of its own': {
    tracing: { endpoint: 'https://otel-collector.observability:4318' },
    controller: COLLECTOR_ROOT,
    webhook: COLLECTOR_ROOT,
  },
  'traced with a token of another name': {
    tracing: {
      endpoint: 'https://collector.example.org/otlp/v1/traces',
      headersSecret: { name: 'collector-headers', key: 'token' },
    },
  },
  'a lane of its own': { flowSchema: { enabled: true, priorityLevel: 'workload-high', matchingPrecedence: 800 } },
  'a place to run': {
    controller: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
      affinity: ON_AMD64,
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
      priorityClassName: 'system-cluster-critical',
      runtimeClassName: 'gvisor',
    },
  },
  'a user chosen by the cluster': {
    controller: { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } },
  },
  'more memory': {
    controller: { resources: { requests: { cpu: 1, memory: '1Gi' }, limits: { cpu: 2, memory: '2Gi' } } },
  },
  'more of everything else': {
    clusterDomain: 'cluster.example.org',
    secretMetadataPrefixes: ['reloader.example.com', 'example.org'],
    controller: {
      logLevel: 'debug',
      logFormat: 'text',
      workers: 8,
      maxWritesInFlight: 16,
      leaderElection: { leaseDuration: '30s', renewDeadline: '20s', retryPeriod: '5s' },
      extraArgs: ['--pod-name=signet'],
      extraEnv: [{ name: 'TZ', value: 'UTC' }],
      terminationGracePeriodSeconds: 30,
    },
  },
  'no webhook': { webhook: { enabled: false } },
  'no webhook in some namespaces': { webhook: { enabled: false }, watchNamespaces: ['shop'] },
  'a webhook for identities only': { webhook: { pods: { enabled: false } } },
  'a webhook that may be away': {
    webhook: { replicas: 1, failurePolicy: 'Ignore', timeoutSeconds: 3, pods: { failurePolicy: 'Ignore' } },
  },
  'a webhook in some namespaces': {
    watchNamespaces: ['shop', 'web'],
    webhook: { excludedNamespaces: ['kube-system'] },
  },
  'a webhook on the network of the nodes': {
    webhook: { hostNetwork: true, port: 10_260, metricsPort: 10_261 },
    networkPolicy: { enabled: true },
  },
  'everything of the webhook': {
    webhook: {
      replicas: 3,
      excludedNamespaces: ['kube-public', 'kube-node-lease'],
      certificateTTL: '12h',
      probeInterval: '30s',
      shutdownDelay: '10s',
      logLevel: 'debug',
      logFormat: 'text',
      resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
      podDisruptionBudget: { maxUnavailable: '50%' },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
      affinity: ON_AMD64,
      priorityClassName: 'system-cluster-critical',
      runtimeClassName: 'gvisor',
      podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
      extraArgs: ['--service-account-directory=/var/run/secrets/kubernetes.io/serviceaccount'],
      extraEnv: [{ name: 'TZ', value: 'UTC' }],
      terminationGracePeriodSeconds: 30,
    },
    secretMetadataPrefixes: ['example.org'],
    metrics: { podMonitor: { enabled: true } },
  },
  'no admission policies': {
    admissionPolicies: {
      useServiceAccount: false,
      controllerGuard: false,
      authoritySecrets: false,
      enforceLabel: false,
      confirmDelete: false,
    },
  },
  'groups of a company': {
    admissionPolicies: { breakGlassGroup: 'oidc:security@example.org', enforcementGroup: 'oidc:platform' },
  },
};

/** What is refused, and what the refusal has to name. */
export const REFUSED: Readonly<Record<string, { readonly values: Values; readonly says: RegExp }>> = {
  'no trust domain': { values: { trustDomain: '' }, says: /trustDomain is missing: name the SPIFFE trust domain/ },
  'a trust domain in capitals': { values: { trustDomain: 'Example.org' }, says: /trustDomain/ },
  'a name that is none': { values: { trustDomian: 'example.org' }, says: /trustDomian/ },
  'a nested name that is none': { values: { controller: { replica: 3 } }, says: /replica/ },
  'half a replica': { values: { controller: { replicas: 1.5 } }, says: /replicas/ },
  'memory without a unit': {
    values: { controller: { resources: { limits: { memory: '500000000' } } } },
    says: /memory/,
  },
  'a reload that is none': { values: { reload: ['Restart'] }, says: /reload/ },
  'a word for a duration': { values: { defaultTrustDomain: { minTTL: 'short' } }, says: /minTTL/ },
  'a signer of somebody else': {
    values: { rbac: { trustBundleSigners: ['example.org/all'] } },
    says: /trustBundleSigners/,
  },
  'no image': { values: { image: { repository: '' } }, says: /image\.repository is missing/ },
  'identities beside the keys of the authorities': {
    values: { watchNamespaces: ['signet-system'] },
    says: /watchNamespaces names signet-system/,
  },
  'a policy for failures that is none': { values: { webhook: { failurePolicy: 'fail' } }, says: /failurePolicy/ },
  'a webhook that is awaited for minutes': { values: { webhook: { timeoutSeconds: 60 } }, says: /timeoutSeconds/ },
  'a group that ends a text': {
    values: { admissionPolicies: { breakGlassGroup: 'a" in ["a' } },
    says: /breakGlassGroup/,
  },
  'a collector with a password in its name': {
    values: { tracing: { endpoint: 'http://user:password@collector:4318' } },
    says: /endpoint/,
  },
  'a collector where it speaks gRPC': {
    values: { tracing: { endpoint: 'http://collector:4317' } },
    says: /endpoint/,
  },
  'more traces than there are': { values: { tracing: { sampleRatio: 2 } }, says: /sampleRatio/ },
  'pods that are scraped twice': {
    values: { metrics: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
    says: /metrics\.serviceMonitor and metrics\.podMonitor are both enabled/,
  },
  'a mount at no place': {
    values: { webhook: { extraVolumeMounts: [{ name: 'collector-root' }] } },
    says: /mountPath/,
  },
  'a number in a label': { values: { commonLabels: { team: 7 } }, says: /commonLabels/ },
};
