// SPDX-License-Identifier: Apache-2.0
/**
 * Carries out one step of an authority's plan. Every write carries the version it was decided on, so of two
 * controllers that take the same step one wins and the other looks again (design rule 14).
 * @module
 */
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import type { AuthorityAction, RecordedStep } from '../../authority/actions.ts';
import { preparedIntermediate } from '../../authority/slots.ts';
import { SignetError } from '../../errors.ts';
import { createIssuingSecret, createRootSecret } from './bootstrap.ts';
import type { AuthorityEffects } from './effects.ts';
import { activateImported, createImported, importIntermediate, prepareImported } from './imported-steps.ts';
import type { LoadedAuthority } from './load.ts';
import {
  activateRoot,
  destroyRootKeys,
  forget,
  prepareRoot,
  type Rotating,
  replaceIntermediate,
  writeDocument,
} from './rotate.ts';

/** Applies a step. Throws ERR_AUTHORITY with what to do when the root cannot sign, ERR_KUBE_* when a write fails. */
export async function applyAuthority(
  action: AuthorityAction,
  trustDomain: ResolvedTrustDomain,
  loaded: LoadedAuthority | undefined,
  effects: AuthorityEffects,
): Promise<void> {
  if (isRecord(action)) return writeDocument(action.next, rotating(trustDomain, loaded, effects));
  switch (action.kind) {
    case 'CreateRoot':
      return createRootSecret(trustDomain, effects);
    case 'CreateIssuing':
      return createIssuingSecret(trustDomain, action, effects);
    case 'CreateImported':
      return createImported(action.facts, action.recorded, trustDomain, effects);
    case 'ImportIntermediate':
      return importIntermediate(action.document, action.facts, rotating(trustDomain, loaded, effects));
    case 'PrepareImported':
      return prepareImported(action.document, action.facts, rotating(trustDomain, loaded, effects));
    case 'ReplaceIntermediate':
      return replaceIntermediate(action.document, action.answer, rotating(trustDomain, loaded, effects));
    case 'PrepareRoot':
      return prepareRoot(action.document, action.answer, rotating(trustDomain, loaded, effects));
    case 'ActivateRoot':
      return activate(action, rotating(trustDomain, loaded, effects));
    case 'DestroyRootKeys':
      return destroyRootKeys(action.document, action.roots, rotating(trustDomain, loaded, effects));
    case 'Forget':
      return forget(action.next, action.slots, rotating(trustDomain, loaded, effects));
    default:
      return action satisfies never;
  }
}

/** Whether the document alone changes. */
function isRecord(action: AuthorityAction): action is Extract<AuthorityAction, { kind: RecordedStep }> {
  return 'next' in action && action.kind !== 'Forget';
}

function activate({ document, root }: Extract<AuthorityAction, { kind: 'ActivateRoot' }>, by: Rotating): Promise<void> {
  const waiting = preparedIntermediate(document, root);
  return waiting === undefined ? activateRoot(document, root, by) : activateImported(document, root, waiting, by);
}

function rotating(
  trustDomain: ResolvedTrustDomain,
  loaded: LoadedAuthority | undefined,
  effects: AuthorityEffects,
): Rotating {
  if (loaded === undefined) throw new SignetError('ERR_INVARIANT', 'a loaded authority was expected');
  return { ...effects, trustDomain, version: loaded.version };
}
