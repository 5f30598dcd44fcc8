// SPDX-License-Identifier: Apache-2.0
/**
 * The flags that say what the TrustDomain `default` is created with.
 * @module
 */
import { DEFAULT_SELF_SIGNED, withTrustDomainDefaults } from '../api/defaults.ts';
import type { Flag } from './flag.ts';
import { type NamespaceChoice, namespaceChoice } from './label-selector.ts';
import * as parse from './value-parsers.ts';

export interface DefaultTrustDomainValues {
  readonly allowedNamespaces: NamespaceChoice;
  readonly defaultTTL: string;
  readonly minTTL: string;
  readonly maxTTL: string;
  readonly propagationMargin: string;
  readonly rootTTL: string;
  readonly intermediateTTL: string;
}

const { svid: SVID, propagationMargin: MARGIN } = withTrustDomainDefaults({ trustDomain: '' });

export const DEFAULT_TRUST_DOMAIN_FLAGS: {
  readonly [Key in keyof DefaultTrustDomainValues]: Flag<DefaultTrustDomainValues[Key]>;
} = {
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
};
