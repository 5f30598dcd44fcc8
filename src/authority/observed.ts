// SPDX-License-Identifier: Apache-2.0
/**
 * The facts a decision about one authority is made from: its Secrets, what status records, what was counted and imported.
 * @module
 */
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import type { Instant } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import type { ObservedImport } from './imported.ts';
import type { Propagation } from './propagation.ts';
import type { Recorded } from './rebuild.ts';

/** The Secret that holds the document and the signing intermediate's key, as far as it could be read. */
export type ObservedIssuing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly problem: string }
  | { readonly kind: 'loaded'; readonly document: AuthorityDocument };

export interface ObservedAuthority {
  readonly trustDomain: ResolvedTrustDomain;
  /** What status says of before: proof that an authority existed, even when its Secrets are gone. */
  readonly recorded: Recorded;
  /** Whether the root Secret exists; its key is not read to know that. */
  readonly rootPresent: boolean;
  readonly issuing: ObservedIssuing;
  /** What holds the anchors of the document; undefined: not counted, because no rotation asks for it. */
  readonly propagation?: Propagation | undefined;
  /** What the Secret of an imported source holds; undefined: there is no such source, or this is a standby. */
  readonly imported?: ObservedImport | undefined;
}

/** An authority that can be planned for: it has an active root and an active intermediate. */
export interface Situation {
  readonly trustDomain: ResolvedTrustDomain;
  readonly rootPresent: boolean;
  readonly propagation?: Propagation | undefined;
  readonly document: AuthorityDocument;
  readonly intermediate: AuthoritySlot;
  readonly root: AuthoritySlot;
  /** What the operator wants imported; undefined: nothing, or it was not looked at. */
  readonly imported?: ObservedImport | undefined;
  readonly now: Instant;
}
