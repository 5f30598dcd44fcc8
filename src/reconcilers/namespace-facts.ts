// SPDX-License-Identifier: Apache-2.0
/**
 * What the caches keep of a namespace, for all who decide by it.
 * @module
 */

/** A cached namespace, as far as decisions read it. */
export interface NamespaceFacts {
  readonly labels: Readonly<Record<string, string>>;
  /** As policies see them. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly terminating: boolean;
}
