// SPDX-License-Identifier: Apache-2.0
/**
 * From the texts of the flags to the configuration of `signet controller`, with every problem found on the way: of each
 * value, and of values against each other.
 * @module
 */

import { formatFieldErrors } from '../api/field-error.ts';
import type { TrustDomainSpec } from '../api/trust-domain.ts';
import { parseTrustDomainSpec } from '../api/trust-domain-validation.ts';
import { SECOND } from '../time.ts';
import type { CollectorAccess, ControllerConfig, WebhookUpkeepConfig } from './config.ts';
import { describe, parseValues, placeProblems, type ReadFile, type Texts, withNamespaceOfPod } from './flag-values.ts';
import type { FlagKey, FlagValues } from './flags.ts';
import { tracingConfig } from './tracing-flags.ts';

export type Configured = { readonly config: ControllerConfig } | { readonly problems: readonly string[] };

/** Which flag sets a field of the default TrustDomain. */
const FIELD_FLAGS: Readonly<Record<string, FlagKey>> = {
  'spec.trustDomain': 'trustDomain',
  'spec.allowedNamespaces': 'allowedNamespaces',
  'spec.svid.defaultTTL': 'defaultTTL',
  'spec.svid.minTTL': 'minTTL',
  'spec.svid.maxTTL': 'maxTTL',
  'spec.propagationMargin': 'propagationMargin',
  'spec.authority.source.selfSigned.root.ttl': 'rootTTL',
  'spec.authority.source.selfSigned.intermediate.ttl': 'intermediateTTL',
};

/** `collector`: the way to where traces go, which flags do not say. */
export function controllerConfig(given: Texts, readFile: ReadFile, collector?: CollectorAccess): Configured {
  const texts = withNamespaceOfPod(given, readFile);
  const { values, problems } = parseValues('controller', texts);
  const all = [...problems, ...crossProblems(values, texts)];
  return all.length > 0
    ? { problems: all }
    : { config: { ...assemble(values as FlagValues), ...tracingConfig(values as FlagValues, collector) } };
}

/** What is wrong with values that are right each for itself. */
function crossProblems(values: Partial<FlagValues>, given: Texts): string[] {
  return [...leaseProblems(values, given), ...trustDomainProblems(values, given), ...placeProblems(values, given)];
}

/** Design rule 14: a holder must have stopped before others may take over, and one lost call must not end its term. */
function leaseProblems(values: Partial<FlagValues>, given: Texts): string[] {
  const { leaseDuration: duration, leaseRenewDeadline: deadline, leaseRetryPeriod: period } = values;
  const problems: string[] = [];
  if (period !== undefined && period < SECOND) {
    problems.push(`${describe('leaseRetryPeriod', given)}: must be at least 1s`);
  }
  if (deadline !== undefined && period !== undefined && deadline < 3 * period) {
    problems.push(`${describe('leaseRenewDeadline', given)}: must be at least three times --lease-retry-period`);
  }
  if (duration !== undefined && deadline !== undefined && duration * 4 < deadline * 5) {
    problems.push(
      `${describe('leaseDuration', given)}: must be at least a quarter more than --lease-renew-deadline, for clocks that run unevenly`,
    );
  }
  return problems;
}

function trustDomainProblems(values: Partial<FlagValues>, given: Texts): string[] {
  // A name that is missing or wrong was reported; the other values are checked all the same.
  const spec = defaultTrustDomain({ ...values, trustDomain: values.trustDomain ?? 'example.org' });
  const parsed = parseTrustDomainSpec(spec, 'default');
  if ('value' in parsed) {
    return [];
  }
  return parsed.errors.map((error) => {
    const { path, message } = error;
    const key = Object.keys(FIELD_FLAGS).find((field) => path.startsWith(field));
    const flag = key === undefined ? undefined : FIELD_FLAGS[key];
    return flag === undefined ? formatFieldErrors([error]) : `${describe(flag, given)}: ${message}`;
  });
}

/** What was not parsed is left to the defaults. */
function defaultTrustDomain(values: Partial<FlagValues>): TrustDomainSpec {
  const { trustDomain = '', allowedNamespaces, defaultTTL, minTTL, maxTTL, propagationMargin } = values;
  const { rootTTL, intermediateTTL } = values;
  return {
    trustDomain,
    ...(allowedNamespaces?.selector === undefined ? {} : { allowedNamespaces: allowedNamespaces.selector }),
    authority: {
      source: {
        type: 'SelfSigned',
        selfSigned: {
          ...(rootTTL === undefined ? {} : { root: { ttl: rootTTL } }),
          ...(intermediateTTL === undefined ? {} : { intermediate: { ttl: intermediateTTL } }),
        },
      },
    },
    svid: {
      ...(defaultTTL === undefined ? {} : { defaultTTL }),
      ...(minTTL === undefined ? {} : { minTTL }),
      ...(maxTTL === undefined ? {} : { maxTTL }),
    },
    ...(propagationMargin === undefined ? {} : { propagationMargin }),
  };
}

function webhookUpkeep(values: FlagValues, configurations: readonly string[]): WebhookUpkeepConfig {
  const { webhookService: service, namespace, clusterDomain } = values;
  const names = [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.${clusterDomain}`];
  return {
    configurations,
    secretName: values.webhookSecret,
    dnsNames: [...new Set([...names, ...(values.webhookDNSNames ?? [])])],
    lifetime: values.webhookCertificateTTL,
    probeInterval: values.webhookProbeInterval,
  };
}

/** Only called without problems, when everything that must be there is. */
function assemble(values: FlagValues): ControllerConfig {
  return {
    trustDomain: values.trustDomain,
    clusterDomain: values.clusterDomain,
    namespace: values.namespace,
    podName: values.podName,
    kubeconfig: values.kubeconfig,
    context: values.context,
    serviceAccountDirectory: values.serviceAccountDirectory,
    watchNamespaces: values.watchNamespaces,
    ...(values.webhookConfigurations === undefined
      ? {}
      : { webhook: webhookUpkeep(values, values.webhookConfigurations) }),
    metricsAddress: values.metricsAddress,
    log: { level: values.logLevel, format: values.logFormat },
    auditLog: values.auditLog,
    leaderElection: {
      enabled: values.leaderElect,
      leaseName: values.leaseName,
      duration: values.leaseDuration,
      renewDeadline: values.leaseRenewDeadline,
      retryPeriod: values.leaseRetryPeriod,
    },
    workers: values.workers,
    maxWritesInFlight: values.maxWritesInFlight,
    identityMetricsLimit: values.identityMetricsLimit,
    ...(values.proberIdentities === undefined
      ? {}
      : { prober: { identities: values.proberIdentities, interval: values.proberInterval } }),
    secretMetadataPrefixes: values.secretMetadataPrefixes ?? [],
    reload: values.reload ?? [],
    defaultTrustDomain: defaultTrustDomain(values),
  };
}
