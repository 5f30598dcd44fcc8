// SPDX-License-Identifier: Apache-2.0
/**
 * From the texts of the flags to the configuration of `signet webhook`, with every problem found on the way.
 * @module
 */
import type { CollectorAccess, WebhookConfig } from './config.ts';
import { parseValues, placeProblems, type ReadFile, type Texts, withNamespaceOfPod } from './flag-values.ts';
import type { FlagValues } from './flags.ts';
import { tracingConfig } from './tracing-flags.ts';

/** `collector`: the way to where traces go, which flags do not say. */
export function webhookConfig(
  given: Texts,
  readFile: ReadFile,
  collector?: CollectorAccess,
): { readonly config: WebhookConfig } | { readonly problems: readonly string[] } {
  const texts = withNamespaceOfPod(given, readFile);
  const { values, problems } = parseValues('webhook', texts);
  const all = [...problems, ...placeProblems(values, texts)];
  return all.length > 0
    ? { problems: all }
    : { config: { ...assemble(values as FlagValues), ...tracingConfig(values as FlagValues, collector) } };
}

/** Only called without problems, when everything that must be there is. */
function assemble(values: FlagValues): WebhookConfig {
  return {
    clusterDomain: values.clusterDomain,
    namespace: values.namespace,
    kubeconfig: values.kubeconfig,
    context: values.context,
    serviceAccountDirectory: values.serviceAccountDirectory,
    address: values.webhookAddress,
    shutdownDelay: values.webhookShutdownDelay,
    secretName: values.webhookSecret,
    secretMetadataPrefixes: values.secretMetadataPrefixes ?? [],
    metricsAddress: values.metricsAddress,
    log: { level: values.logLevel, format: values.logFormat },
    auditLog: values.auditLog,
  };
}
