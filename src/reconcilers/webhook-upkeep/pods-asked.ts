// SPDX-License-Identifier: Apache-2.0
/**
 * Whether the API server asks anybody about Pods: that takes a configuration of its own, which may be left out.
 * @module
 */

/** Why it asks nobody, and what to do; undefined: it does, or nobody knows yet (`isThere` is undefined). */
export function podsUnasked(
  configurations: readonly string[],
  isThere: (name: string) => boolean | undefined,
): string | undefined {
  const name = podsConfiguration(configurations);
  if (name === undefined) {
    return 'no configuration about Pods is named; install it (webhook.pods.enabled of the chart) and name it second in --webhook-configurations';
  }
  if (isThere(name) !== false) return undefined;
  return notInCluster(name, ', which asks about Pods,');
}

/** Nobody is asked by a configuration that is not there. */
export function notInCluster(name: string, about = ''): string {
  return `the ValidatingWebhookConfiguration ${name}${about} is not in the cluster; apply it`;
}

/** By its place in --webhook-configurations. */
export function podsConfiguration([, name]: readonly string[]): string | undefined {
  return name;
}
