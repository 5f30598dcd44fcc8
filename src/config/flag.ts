// SPDX-License-Identifier: Apache-2.0
/**
 * What a flag is, and the sections and roles there are; the tables of flags are made of these.
 * @module
 */
import type * as parse from './value-parsers.ts';

export const SECTIONS = [
  'Trust domain',
  'Kubernetes',
  'Leader election',
  'Work',
  'The TrustDomain "default"',
  'Webhook',
  'Observability',
] as const;

export const ROLES = ['controller', 'webhook', 'all'] as const;
/** Which of the programs in one: `signet <role>`; `all` is both others in one process, and takes the flags of both. */
export type Role = (typeof ROLES)[number];

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
  /** Who takes it; the controller alone by default. */
  readonly roles?: readonly Role[];
  /** Further environment variables that are looked at, in this order, after SIGNET_*. */
  readonly alsoEnv?: readonly string[];
  readonly help: string;
  readonly parse: parse.ValueParser<T>;
}
