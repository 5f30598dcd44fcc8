// SPDX-License-Identifier: Apache-2.0
/**
 * The one table of the flags of `signet controller`: help, the reference page and parsing all come from it.
 * @module
 */
import { DEFAULT_SELF_SIGNED, withTrustDomainDefaults } from '../api/defaults.ts';
import type { Duration } from '../time.ts';
import { type ListenAddress, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './config.ts';
import { type NamespaceChoice, namespaceChoice } from './label-selector.ts';
import * as parse from './value-parsers.ts';

export const SECTIONS = [
  'Trust domain',
  'Kubernetes',
  'Leader election',
  'Work',
  'The TrustDomain "default"',
  'Observability',
] as const;

export interface Flag<T> {
  /** Without the dashes. */
  readonly name: string;
  readonly section: (typeof SECTIONS)[number];
  /** What the value is, for help. A flag without one is a switch. */
  readonly value?: string;
  /** As it would be written; absent: none. */
  readonly default?: string;
  /** What is taken where nothing is given and it cannot be written down here, for help. */
  readonly otherwise?: string;
  readonly required?: true;
  /** Further environment variables that are looked at, in this order, after SIGNET_*. */
  readonly alsoEnv?: readonly string[];
  readonly help: string;
  readonly parse: parse.ValueParser<T>;
}

/** The parsed value of each flag; undefined only where there is no default. */
export interface FlagValues {
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
  readonly allowedNamespaces: NamespaceChoice;
  readonly defaultTTL: string;
  readonly minTTL: string;
  readonly maxTTL: string;
  readonly propagationMargin: string;
  readonly rootTTL: string;
  readonly intermediateTTL: string;
  readonly metricsAddress: ListenAddress;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

export type FlagKey = keyof FlagValues;

const { svid: SVID, propagationMargin: MARGIN } = withTrustDomainDefaults({ trustDomain: '' });

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
    value: 'NAME',
    default: 'cluster.local',
    help: "DNS domain of the cluster, the end of the services' full names.",
    parse: parse.dnsDomain,
  },
  namespace: {
    name: 'namespace',
    section: 'Kubernetes',
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
    value: 'FILE',
    otherwise: "the pod's service account",
    alsoEnv: ['KUBECONFIG'],
    help: 'How to reach the API server from outside a cluster.',
    parse: parse.file,
  },
  serviceAccountDirectory: {
    name: 'service-account-directory',
    section: 'Kubernetes',
    value: 'DIRECTORY',
    default: '/var/run/secrets/kubernetes.io/serviceaccount',
    help: "Where token, ca.crt and namespace of the pod's service account lie. Without --kubeconfig only.",
    parse: parse.text,
  },
  context: {
    name: 'context',
    section: 'Kubernetes',
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
    help: 'How long the others wait for a holder that went silent.',
    parse: parse.duration,
  },
  leaseRenewDeadline: {
    name: 'lease-renew-deadline',
    section: 'Leader election',
    value: 'DURATION',
    default: '6s',
    help: 'How long the holder signs after its last successful renewal.',
    parse: parse.duration,
  },
  leaseRetryPeriod: {
    name: 'lease-retry-period',
    section: 'Leader election',
    value: 'DURATION',
    default: '2s',
    help: 'Time between renewals.',
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
    value: 'LIST',
    otherwise: 'none',
    help: 'Prefixes of label and annotation keys, separated by commas, that spec.secret may set. Foreign keys make other controllers act for the user: name only what you trust.',
    parse: parse.keyPrefixes,
  },
  allowedNamespaces: {
    name: 'default-trust-domain-allowed-namespaces',
    section: 'The TrustDomain "default"',
    value: 'SELECTOR',
    default: 'none',
    help: 'Namespaces that may hold identities: all, none, or a label selector such as "env=prod,!legacy". It and the flags below only count when the object is created.',
    parse: namespaceChoice,
  },
  defaultTTL: {
    name: 'default-trust-domain-default-ttl',
    section: 'The TrustDomain "default"',
    value: 'DURATION',
    default: SVID.defaultTTL,
    help: 'Lifetime of an SVID whose spec names none.',
    parse: parse.durationText,
  },
  minTTL: {
    name: 'default-trust-domain-min-ttl',
    section: 'The TrustDomain "default"',
    value: 'DURATION',
    default: SVID.minTTL,
    help: 'Shortest lifetime a spec may ask for; 40 % of it must be more than the propagation margin.',
    parse: parse.durationText,
  },
  maxTTL: {
    name: 'default-trust-domain-max-ttl',
    section: 'The TrustDomain "default"',
    value: 'DURATION',
    default: SVID.maxTTL,
    help: 'Longest lifetime a spec may ask for.',
    parse: parse.durationText,
  },
  propagationMargin: {
    name: 'default-trust-domain-propagation-margin',
    section: 'The TrustDomain "default"',
    value: 'DURATION',
    default: MARGIN,
    help: 'How long kubelets and workloads may lag behind a stored Secret.',
    parse: parse.durationText,
  },
  rootTTL: {
    name: 'default-trust-domain-root-ttl',
    section: 'The TrustDomain "default"',
    value: 'DURATION',
    default: DEFAULT_SELF_SIGNED.root.ttl,
    help: 'Lifetime of its root certificate.',
    parse: parse.durationText,
  },
  intermediateTTL: {
    name: 'default-trust-domain-intermediate-ttl',
    section: 'The TrustDomain "default"',
    value: 'DURATION',
    default: DEFAULT_SELF_SIGNED.intermediate.ttl,
    help: 'Lifetime of its intermediate certificates.',
    parse: parse.durationText,
  },
  metricsAddress: {
    name: 'metrics-address',
    section: 'Observability',
    value: 'HOST:PORT',
    default: ':9402',
    help: 'Where /livez, /readyz and /metrics are served. Port 0 takes any free one and logs it.',
    parse: parse.listenAddress,
  },
  logLevel: {
    name: 'log-level',
    section: 'Observability',
    value: LOG_LEVELS.join('|'),
    default: 'info',
    help: 'Least severe messages that are logged.',
    parse: parse.oneOf(LOG_LEVELS),
  },
  logFormat: {
    name: 'log-format',
    section: 'Observability',
    value: LOG_FORMATS.join('|'),
    default: 'json',
    help: 'One JSON object a line, or text for people.',
    parse: parse.oneOf(LOG_FORMATS),
  },
};

/** SIGNET_ and the name in capitals. */
export function envName(flag: Pick<Flag<unknown>, 'name'>): string {
  return `SIGNET_${flag.name.toUpperCase().replaceAll('-', '_')}`;
}
