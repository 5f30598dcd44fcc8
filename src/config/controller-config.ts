// SPDX-License-Identifier: Apache-2.0
/**
 * From the texts of the flags to the configuration of `signet controller`, with every problem found on the way: of each
 * value, and of values against each other.
 * @module
 */

import type { TrustDomainSpec } from '../api/trust-domain.ts';
import { parseTrustDomainSpec } from '../api/trust-domain-validation.ts';
import { SECOND } from '../time.ts';
import type { ControllerConfig } from './config.ts';
import { envName, FLAGS, type FlagKey, type FlagValues } from './flags.ts';
import type { Given } from './sources.ts';

/** The text of a file. Undefined, or an error of whatever kind, when it can't be read. */
export type ReadFile = (path: string) => string | undefined;

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

type Texts = ReadonlyMap<FlagKey, Given>;

export function controllerConfig(given: Texts, readFile: ReadFile): Configured {
  const texts = withNamespaceOfPod(given, readFile);
  const { values, problems } = parseValues(texts);
  const all = [...problems, ...crossProblems(values, texts)];
  return all.length > 0 ? { problems: all } : { config: assemble(values as FlagValues) };
}

function withNamespaceOfPod(given: Texts, readFile: ReadFile): Texts {
  const directory = given.get('serviceAccountDirectory')?.text ?? FLAGS.serviceAccountDirectory.default ?? '';
  const origin = `${directory}/namespace`;
  const text = given.has('namespace') ? '' : ownNamespace(origin, readFile);
  return text === '' ? given : new Map([...given, ['namespace', { text, origin }]]);
}

function ownNamespace(path: string, readFile: ReadFile): string {
  try {
    return readFile(path)?.trim() ?? '';
  } catch {
    // Outside a pod there is no such file; the flag is asked for then.
    return '';
  }
}

function parseValues(given: Texts): { values: Partial<FlagValues>; problems: string[] } {
  const values: Partial<Record<FlagKey, unknown>> = {};
  const problems: string[] = [];
  for (const key of Object.keys(FLAGS) as FlagKey[]) {
    const flag = FLAGS[key];
    const text = given.get(key)?.text ?? flag.default;
    // An empty text was reported as a missing value.
    if (text !== undefined && text !== '') {
      const parsed = flag.parse(text);
      if ('problem' in parsed) {
        problems.push(`${describe(key, given)}: ${parsed.problem}`);
      } else {
        values[key] = parsed.value;
      }
    } else if (flag.required === true && text === undefined) {
      problems.push(`--${flag.name} is missing: write --${flag.name}=${flag.value} or set ${envName(flag)}`);
    }
  }
  return { values: values as Partial<FlagValues>, problems };
}

/** What is wrong with values that are right each for itself. */
function crossProblems(values: Partial<FlagValues>, given: Texts): string[] {
  const problems = [...leaseProblems(values, given), ...trustDomainProblems(values, given)];
  if (values.namespace === undefined && !given.has('namespace')) {
    problems.push(`--namespace is missing: outside a pod, write --namespace=NAME or set ${envName(FLAGS.namespace)}`);
  }
  if (values.context !== undefined && values.kubeconfig === undefined) {
    problems.push(`${describe('context', given)}: only means something with a kubeconfig; write --kubeconfig=FILE too`);
  }
  return problems;
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
  return parsed.errors.map(({ path, value, message }) => {
    const key = Object.keys(FIELD_FLAGS).find((field) => path.startsWith(field));
    const flag = key === undefined ? undefined : FIELD_FLAGS[key];
    return flag === undefined ? `${path} "${value}": ${message}` : `${describe(flag, given)}: ${message}`;
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
    metricsAddress: values.metricsAddress,
    log: { level: values.logLevel, format: values.logFormat },
    leaderElection: {
      enabled: values.leaderElect,
      leaseName: values.leaseName,
      duration: values.leaseDuration,
      renewDeadline: values.leaseRenewDeadline,
      retryPeriod: values.leaseRetryPeriod,
    },
    workers: values.workers,
    maxWritesInFlight: values.maxWritesInFlight,
    secretMetadataPrefixes: values.secretMetadataPrefixes ?? [],
    defaultTrustDomain: defaultTrustDomain(values),
  };
}

function describe(key: FlagKey, given: Texts): string {
  const { name, default: usual } = FLAGS[key];
  const source = given.get(key);
  return source === undefined ? `--${name} "${usual}" (default)` : `${source.origin} "${source.text}"`;
}
