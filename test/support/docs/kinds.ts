// SPDX-License-Identifier: Apache-2.0
/**
 * The kinds that commands of the pages name, by every name that kubectl takes: those of the CRDs, read off them, and
 * those of Kubernetes and of the Prometheus operator.
 * @module
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const PLURALS = ['serviceidentities', 'trustdomains', 'identitypolicies'] as const;

interface OwnKind {
  readonly plural: (typeof PLURALS)[number];
  readonly kind: string;
  readonly namespaced: boolean;
  readonly names: readonly string[];
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: string; readonly singular: string; readonly shortNames: readonly string[] };
  };
}

const OWN: readonly OwnKind[] = PLURALS.map((plural) => {
  const file = new URL(`../../../crds/signet.dev_${plural}.yaml`, import.meta.url);
  const { group, scope, names } = (parse(readFileSync(file, 'utf8')) as Definition).spec;
  const all = [plural, `${plural}.${group}`, names.singular, ...names.shortNames];
  return { plural, kind: names.kind, namespaced: scope === 'Namespaced', names: all };
});

/** Every name of ours, with whether it is namespaced. */
export const OWN_NAMES: readonly (readonly [name: string, namespaced: boolean])[] = OWN.flatMap(
  ({ names, namespaced }) => names.map((name) => [name, namespaced] as const),
);

/** Held against the API server in test/integration/docs/. */
export const KUBERNETES: Readonly<Record<'namespaced' | 'clustered', readonly string[]>> = {
  namespaced: words(
    'cm configmap deploy deployment endpointslices events lease networkpolicies networkpolicy pod pods sa secret secrets serviceaccount',
  ),
  clustered: words(
    'crd flowschemas namespace node prioritylevelconfigurations validatingadmissionpolicy validatingwebhookconfiguration validatingwebhookconfigurations',
  ),
};

/** Of the Prometheus operator, which a cluster may lack. */
const OPERATOR = ['servicemonitor', 'podmonitor'];

/** The kind of Signet's that is called so. */
export function ownKind(name: string): OwnKind | undefined {
  return OWN.find(({ names }) => names.includes(name));
}

/** Undefined: nobody knows this kind. */
export function isNamespaced(name: string): boolean | undefined {
  if (KUBERNETES.clustered.includes(name)) return false;
  return KUBERNETES.namespaced.includes(name) || OPERATOR.includes(name) ? true : ownKind(name)?.namespaced;
}

function words(text: string): readonly string[] {
  return text.split(' ');
}
