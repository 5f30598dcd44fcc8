// SPDX-License-Identifier: Apache-2.0
/**
 * What the program was told: every setting parsed, complete and checked. Only parsing makes one.
 * @module
 */
import type { TrustDomainSpec } from '../api/trust-domain.ts';
import type { TrustDomainName } from '../spiffe/trust-domain.ts';
import type { Duration } from '../time.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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

export interface ControllerConfig {
  readonly trustDomain: TrustDomainName;
  readonly clusterDomain: string;
  /** The controller's own. */
  readonly namespace: string;
  readonly podName: string;
  /** Undefined: the service account of the pod. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Used without a kubeconfig. */
  readonly serviceAccountDirectory: string;
  readonly metricsAddress: ListenAddress;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  readonly leaderElection: LeaderElectionConfig;
  readonly workers: number;
  /** Where identities are served; undefined: everywhere. */
  readonly watchNamespaces: readonly string[] | undefined;
  readonly maxWritesInFlight: number;
  /** Without the slash. */
  readonly secretMetadataPrefixes: readonly string[];
  /** What the TrustDomain `default` is created with. */
  readonly defaultTrustDomain: TrustDomainSpec;
}
