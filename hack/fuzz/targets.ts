// SPDX-License-Identifier: Apache-2.0
/**
 * Every parser that takes bytes from outside, by the name that the command line knows it by. Loaded when asked for: one
 * of them takes a library that the others do not.
 * @module
 */
import type { Target } from './target.ts';

export interface Entry {
  readonly name: string;
  /** What is fed, and where it comes from in earnest. */
  readonly about: string;
  readonly load: () => Promise<Target>;
}

export const TARGETS: readonly Entry[] = [
  {
    name: 'spiffe',
    about: 'SPIFFE IDs, patterns, trust domains: specs, flags, certificates',
    load: async () => (await import('./targets/spiffe.ts')).target,
  },
  {
    name: 'pem',
    about: 'PEM files of certificates and keys, serving pairs: Secrets',
    load: async () => (await import('./targets/pem.ts')).target,
  },
  {
    name: 'certificate',
    about: 'DER, certificates, paths, imported chains: Secrets',
    load: async () => (await import('./targets/certificate.ts')).target,
  },
  {
    name: 'key',
    about: 'public and private keys: Secrets, certificates',
    load: async () => (await import('./targets/key.ts')).target,
  },
  {
    name: 'password',
    about: 'passwords of key stores: Secrets',
    load: async () => (await import('./targets/password.ts')).target,
  },
  {
    name: 'keystore',
    about: 'PKCS#12 files, their MAC made right again: Secrets',
    load: async () => (await import('./targets/keystore.ts')).target,
  },
  {
    name: 'review',
    about: 'AdmissionReviews, judged under policies: the port of the webhook',
    load: async () => (await import('./targets/review.ts')).target,
  },
  {
    name: 'kubeconfig',
    about: 'kubeconfig files and their names: --kubeconfig',
    load: async () => (await import('./targets/kubeconfig.ts')).target,
  },
  {
    name: 'cel',
    about: 'CEL expressions, compiled and evaluated under the meter: IdentityPolicies',
    load: async () => (await import('./targets/cel.ts')).target,
  },
  {
    name: 'watch',
    about: 'lines of watch streams, in any pieces: the API server',
    load: async () => (await import('./targets/watch.ts')).target,
  },
  {
    name: 'secret',
    about: 'Secrets as JSON, authority documents: the API server',
    load: async () => (await import('./targets/secret.ts')).target,
  },
  {
    name: 'status',
    about: 'Status answers, Retry-After: the API server and whoever is between',
    load: async () => (await import('./targets/status.ts')).target,
  },
  {
    name: 'flags',
    about: 'command lines, times, durations, selectors: whoever starts Signet, specs',
    load: async () => (await import('./targets/flags.ts')).target,
  },
];

/** The target of a name that is among them. */
export function targetNamed(name: string): Entry {
  const entry = TARGETS.find((each) => each.name === name);
  if (entry === undefined) throw new Error(`there is no target ${name}`);
  return entry;
}
