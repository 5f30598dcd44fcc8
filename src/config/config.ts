// SPDX-License-Identifier: Apache-2.0
/**
 * What the program was told: every setting parsed, complete and checked. Only parsing makes one.
 * @module
 */
import type { ReloadType } from '../api/service-identity.ts';
import type { TrustDomainSpec } from '../api/trust-domain.ts';
import type { TrustDomainName } from '../spiffe/trust-domain.ts';
import type { Duration } from '../time.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const AUDIT_LOGS = ['stdout', 'off'] as const;
export type AuditLog = (typeof AUDIT_LOGS)[number];

export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface ListenAddress {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
}

interface LeaderElectionConfig {
  /** False: this process acts without asking anybody. */
  readonly enabled: boolean;
  readonly leaseName: string;
  readonly duration: Duration;
  readonly renewDeadline: Duration;
  readonly retryPeriod: Duration;
}

/** How the API server is reached. */
export interface AccessConfig {
  /** Undefined: the service account of the pod. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Used without a kubeconfig. */
  readonly serviceAccountDirectory: string;
}

/** Where traces go. */
export interface TracingConfig extends CollectorAccess {
  /** With the path of traces. */
  readonly endpoint: string;
  /** From 0 to 1. */
  readonly sampleRatio: number;
}

/** How the collector is spoken to. */
export interface CollectorAccess {
  /** Secret: they may hold a token. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** PEM. The key is secret. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** What every role was told. */
export interface CommonConfig extends AccessConfig {
  readonly clusterDomain: string;
  /** The controller's own. */
  readonly namespace: string;
  readonly metricsAddress: ListenAddress;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  readonly auditLog: AuditLog;
  /** Absent: nobody asked for traces. */
  readonly tracing?: TracingConfig;
  /** Without the slash. */
  readonly secretMetadataPrefixes: readonly string[];
}

/** What the controller does for the webhook. */
export interface WebhookUpkeepConfig {
  /** Names of ValidatingWebhookConfigurations; at least one. */
  readonly configurations: readonly string[];
  readonly secretName: string;
  /** In the serving certificate. */
  readonly dnsNames: readonly string[];
  /** Of the serving certificate. */
  readonly lifetime: Duration;
  readonly probeInterval: Duration;
}

export interface WebhookConfig extends CommonConfig {
  readonly address: ListenAddress;
  readonly shutdownDelay: Duration;
  /** Of the Secret with the serving certificate. */
  readonly secretName: string;
}

/** Whose stored SVIDs are tried, and how often. */
interface ProberConfig {
  readonly identities: readonly [server: string, client: string];
  readonly interval: Duration;
}

export interface ControllerConfig extends CommonConfig {
  readonly trustDomain: TrustDomainName;
  readonly podName: string;
  /** Absent: there is no webhook to look after. */
  readonly webhook?: WebhookUpkeepConfig;
  readonly leaderElection: LeaderElectionConfig;
  readonly workers: number;
  /** Where identities are served; undefined: everywhere. */
  readonly watchNamespaces: readonly string[] | undefined;
  readonly maxWritesInFlight: number;
  /** Of how many identities there is a metric each. */
  readonly identityMetricsLimit: number;
  /** Absent: nobody probes. */
  readonly prober?: ProberConfig;
  /** The types of spec.reload that are switched on. */
  readonly reload: readonly ReloadType[];
  /** What the TrustDomain `default` is created with. */
  readonly defaultTrustDomain: TrustDomainSpec;
}
