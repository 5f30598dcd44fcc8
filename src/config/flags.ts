// SPDX-License-Identifier: Apache-2.0
/**
 * The one table of the flags of all roles: help, the reference page and parsing all come from it.
 * @module
 */
import type { ReloadType } from '../api/service-identity.ts';
import type { Duration } from '../time.ts';
import {
  AUDIT_LOGS,
  type AuditLog,
  type ListenAddress,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
} from './config.ts';
import { DEFAULT_TRUST_DOMAIN_FLAGS, type DefaultTrustDomainValues } from './default-trust-domain-flags.ts';
import { type Flag, ROLES, type Role } from './flag.ts';
import { TRACING_FLAGS, type TracingValues } from './tracing-flags.ts';
import * as parse from './value-parsers.ts';
import { WEBHOOK_FLAGS, type WebhookValues } from './webhook-flags.ts';

/** The parsed value of each flag; undefined only where there is no default. */
export interface FlagValues extends DefaultTrustDomainValues, WebhookValues, TracingValues {
  readonly trustDomain: string;
  readonly clusterDomain: string;
  readonly namespace: string;
  readonly podName: string;
  readonly kubeconfig: string | undefined;
  readonly serviceAccountDirectory: string;
  readonly context: string | undefined;
  readonly watchNamespaces: readonly string[] | undefined;
  readonly leaderElect: boolean;
  readonly leaseName: string;
  readonly leaseDuration: Duration;
  readonly leaseRenewDeadline: Duration;
  readonly leaseRetryPeriod: Duration;
  readonly workers: number;
  readonly maxWritesInFlight: number;
  readonly secretMetadataPrefixes: readonly string[] | undefined;
  readonly reload: readonly ReloadType[] | undefined;
  readonly metricsAddress: ListenAddress;
  readonly identityMetricsLimit: number;
  readonly proberIdentities: readonly [string, string] | undefined;
  readonly proberInterval: Duration;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly auditLog: AuditLog;
}

export type FlagKey = keyof FlagValues;

export const FLAGS: { readonly [Key in FlagKey]: Flag<NonNullable<FlagValues[Key]>> } = {
  trustDomain: {
    name: 'trust-domain',
    section: 'Trust domain',
    value: 'NAME',
    required: true,
    help: 'SPIFFE trust domain of the identities, such as example.org. Part of every certificate; it cannot be changed later.',
    parse: parse.trustDomain,
  },
  clusterDomain: {
    name: 'cluster-domain',
    section: 'Trust domain',
    roles: ROLES,
    value: 'NAME',
    default: 'cluster.local',
    help: "DNS domain of the cluster, the end of the services' full names.",
    parse: parse.dnsDomain,
  },
  namespace: {
    name: 'namespace',
    section: 'Kubernetes',
    roles: ROLES,
    value: 'NAME',
    otherwise: "the pod's own namespace",
    alsoEnv: ['POD_NAMESPACE'],
    help: 'Namespace of the controller: its Lease and the authority Secrets live there.',
    parse: parse.dnsLabel,
  },
  podName: {
    name: 'pod-name',
    section: 'Kubernetes',
    value: 'NAME',
    default: 'signet',
    alsoEnv: ['POD_NAME', 'HOSTNAME'],
    help: 'Name of this replica in the Lease and in events.',
    parse: parse.podName,
  },
  kubeconfig: {
    name: 'kubeconfig',
    section: 'Kubernetes',
    roles: ROLES,
    value: 'FILE',
    otherwise: "the pod's service account",
    alsoEnv: ['KUBECONFIG'],
    help: 'How to reach the API server from outside a cluster.',
    parse: parse.file,
  },
  serviceAccountDirectory: {
    name: 'service-account-directory',
    section: 'Kubernetes',
    roles: ROLES,
    value: 'DIRECTORY',
    default: '/var/run/secrets/kubernetes.io/serviceaccount',
    help: "Where token, ca.crt and namespace of the pod's service account lie. Without --kubeconfig only.",
    parse: parse.text,
  },
  context: {
    name: 'context',
    section: 'Kubernetes',
    roles: ROLES,
    value: 'NAME',
    otherwise: 'the current one',
    help: 'Context of the kubeconfig.',
    parse: parse.text,
  },
  watchNamespaces: {
    name: 'watch-namespaces',
    section: 'Kubernetes',
    value: 'LIST',
    otherwise: 'all',
    help: 'Namespaces in which identities are served and bundles published, separated by commas. The controller then needs rights in these and its own only.',
    parse: parse.namespaces,
  },
  leaderElect: {
    name: 'leader-elect',
    section: 'Leader election',
    default: 'true',
    help: 'Only the holder of the Lease signs. Turn it off for a single process on a machine of your own.',
    parse: parse.boolean,
  },
  leaseName: {
    name: 'lease-name',
    section: 'Leader election',
    value: 'NAME',
    default: 'signet-controller',
    help: 'Name of the Lease.',
    parse: parse.objectName,
  },
  leaseDuration: {
    name: 'lease-duration',
    section: 'Leader election',
    value: 'DURATION',
    default: '10s',
    help: 'How long the other replicas wait for a holder that does not renew it; at least a quarter more than --lease-renew-deadline.',
    parse: parse.duration,
  },
  leaseRenewDeadline: {
    name: 'lease-renew-deadline',
    section: 'Leader election',
    value: 'DURATION',
    default: '6s',
    help: 'How long the holder signs after its last successful renewal; at least three times --lease-retry-period.',
    parse: parse.duration,
  },
  leaseRetryPeriod: {
    name: 'lease-retry-period',
    section: 'Leader election',
    value: 'DURATION',
    default: '2s',
    help: 'Time between renewals; at least 1s.',
    parse: parse.duration,
  },
  workers: {
    name: 'workers',
    section: 'Work',
    value: 'NUMBER',
    default: '32',
    help: 'Identities worked on at once.',
    parse: parse.integer(1, 1024),
  },
  maxWritesInFlight: {
    name: 'max-writes-in-flight',
    section: 'Work',
    value: 'NUMBER',
    default: '32',
    help: 'Calls to the API server at once, the Lease and watches aside.',
    parse: parse.integer(1, 1024),
  },
  secretMetadataPrefixes: {
    name: 'secret-metadata-prefixes',
    section: 'Work',
    roles: ROLES,
    value: 'LIST',
    otherwise: 'none',
    help: 'Prefixes of label and annotation keys, separated by commas, that spec.secret may set. Foreign keys make other controllers act for the user: name only what you trust.',
    parse: parse.keyPrefixes,
  },
  reload: {
    name: 'reload',
    section: 'Work',
    value: 'LIST',
    otherwise: 'none',
    help: 'Types of spec.reload that identities may ask for, separated by commas: PodAnnotation, Rollout. Each needs rights on pods or workloads.',
    parse: parse.reloadTypes,
  },
  ...DEFAULT_TRUST_DOMAIN_FLAGS,
  ...WEBHOOK_FLAGS,
  metricsAddress: {
    name: 'metrics-address',
    section: 'Observability',
    roles: ROLES,
    value: 'HOST:PORT',
    default: ':9402',
    help: 'Where /livez, /readyz and /metrics are served. Port 0 takes any free one and logs it.',
    parse: parse.listenAddress,
  },
  identityMetricsLimit: {
    name: 'identity-metrics-limit',
    section: 'Observability',
    value: 'NUMBER',
    default: '0',
    help: 'Of how many identities the end of the SVID is a metric, soonest first. Each is one more series.',
    parse: parse.integer(0, 10_000),
  },
  proberIdentities: {
    name: 'prober-identities',
    section: 'Observability',
    value: 'LIST',
    otherwise: 'none',
    help: 'Two ServiceIdentities, namespace/name,namespace/name, whose stored SVIDs the controller proves to work, by TLS handshakes over the loopback interface.',
    parse: parse.twoKeys,
  },
  proberInterval: {
    name: 'prober-interval',
    section: 'Observability',
    value: 'DURATION',
    default: '30s',
    help: 'Time between two handshakes of the prober, at least 1s.',
    parse: parse.durationFrom(1000),
  },
  logLevel: {
    name: 'log-level',
    section: 'Observability',
    roles: ROLES,
    value: LOG_LEVELS.join('|'),
    default: 'info',
    help: 'Least severe messages that are logged.',
    parse: parse.oneOf(LOG_LEVELS),
  },
  logFormat: {
    name: 'log-format',
    section: 'Observability',
    roles: ROLES,
    value: LOG_FORMATS.join('|'),
    default: 'json',
    help: 'JSON, one object a line, or text for people.',
    parse: parse.oneOf(LOG_FORMATS),
  },
  auditLog: {
    name: 'audit-log',
    section: 'Observability',
    roles: ROLES,
    value: AUDIT_LOGS.join('|'),
    default: 'stdout',
    help: 'Where the audit stream goes: JSON lines with "channel":"audit" among those of the log, or nowhere.',
    parse: parse.oneOf(AUDIT_LOGS),
  },
  ...TRACING_FLAGS,
};

/** The flags of a role, in the order of the table. */
export function flagsOf(role: Role): readonly FlagKey[] {
  return (Object.keys(FLAGS) as FlagKey[]).filter((key) => rolesOf(FLAGS[key]).includes(role));
}

export function rolesOf(flag: Pick<Flag<unknown>, 'roles'>): readonly Role[] {
  const roles = flag.roles ?? ['controller'];
  return ROLES.filter((role) => role === 'all' || roles.includes(role));
}

/** SIGNET_ and the name in capitals. */
export function envName(flag: Pick<Flag<unknown>, 'name'>): string {
  return `SIGNET_${flag.name.toUpperCase().replaceAll('-', '_')}`;
}
