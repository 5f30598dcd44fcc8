// SPDX-License-Identifier: Apache-2.0
/**
 * The steps that an authority can be asked to take, and the plan that names the next one, or what keeps it from that.
 * @module
 */
import type { TrustDomainReason } from '../api/conditions.ts';
import type { RotationRequest } from '../api/trust-domain.ts';
import type { Duration } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import type { ImportedFacts } from './imported.ts';
import type { Recorded } from './rebuild.ts';
import type { Answer } from './transitions.ts';

export type AuthorityAction =
  /** Make a root and store it with its key; losing the race for the name to another controller is success. */
  | { readonly kind: 'CreateRoot' }
  /**
   * Rebuild the document from the root Secret and status, and sign a new intermediate. `request`: one that asks for a new
   * root, and is answered by this step alone where the root has ended.
   */
  | { readonly kind: 'CreateIssuing'; readonly recorded: Recorded; readonly request?: RotationRequest }
  /** Begin, or begin anew, with the imported authority. */
  | { readonly kind: 'CreateImported'; readonly facts: ImportedFacts; readonly recorded: Recorded }
  /** The imported intermediate, under the same root, signs from now on. */
  | { readonly kind: 'ImportIntermediate'; readonly document: AuthorityDocument; readonly facts: ImportedFacts }
  /** Publish the imported root, and keep the key that will sign under it. */
  | { readonly kind: 'PrepareImported'; readonly document: AuthorityDocument; readonly facts: ImportedFacts }
  /** Sign the next intermediate under the active root; the one before stops signing in the same write. */
  | { readonly kind: 'ReplaceIntermediate'; readonly document: AuthorityDocument; readonly answer?: Answer }
  /** Make the next root, signed by the active one as well, and publish it. */
  | { readonly kind: 'PrepareRoot'; readonly document: AuthorityDocument; readonly answer?: Answer }
  /** Let the prepared root sign an intermediate that takes over. */
  | { readonly kind: 'ActivateRoot'; readonly document: AuthorityDocument; readonly root: AuthoritySlot }
  | {
      readonly kind: 'DestroyRootKeys';
      readonly document: AuthorityDocument;
      readonly roots: readonly AuthoritySlot[];
    }
  | { readonly kind: 'Forget'; readonly next: AuthorityDocument; readonly slots: readonly AuthoritySlot[] }
  /** The document alone changes. */
  | { readonly kind: RecordedStep; readonly next: AuthorityDocument };

export type RecordedStep =
  | 'NoteLifetime'
  | 'RefuseRequest'
  | 'MarkStored'
  | 'UnmarkStored'
  | 'NoteMended'
  | 'WithdrawRoot'
  | 'CompleteRotation';

export interface AuthorityBlocked {
  readonly reason: TrustDomainReason;
  readonly message: string;
}

export interface AuthorityPlan {
  readonly action?: AuthorityAction;
  readonly blocked?: AuthorityBlocked;
  readonly requeueAfter?: Duration;
}
