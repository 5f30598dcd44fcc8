// SPDX-License-Identifier: Apache-2.0
/**
 * Checks an operator's request to rotate an authority: the same rules as in the CRD.
 * @module
 */
import { anyText, checkOneOf, checkText } from './checks.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { LABEL_VALUE_PATTERN, MAX_LABEL_LENGTH } from './grammar.ts';
import { ROTATION_ACTIONS, type RotationRequest } from './trust-domain.ts';

const PATH = 'spec.rotation';
const MAX_REASON_LENGTH = 256;
const MAX_BROKEN = 1_000_000_000;

/** Everything that is wrong with the request; none when there is no request. */
export function rotationErrors(request: RotationRequest | undefined): readonly FieldError[] {
  if (request === undefined) return [];
  const { id, action, reason, acknowledgeBroken } = request;
  return [
    ...checkText(`${PATH}.id`, id, MAX_LABEL_LENGTH, idProblem),
    ...checkOneOf(`${PATH}.action`, action, ROTATION_ACTIONS),
    ...(reason === undefined ? [] : checkText(`${PATH}.reason`, reason, MAX_REASON_LENGTH, anyText)),
    ...(acknowledgeBroken === undefined ? [] : acknowledgementErrors(action, acknowledgeBroken)),
  ];
}

/** What an update of the request may not change. */
export function rotationUpdateErrors(
  before: RotationRequest | undefined,
  after: RotationRequest | undefined,
): readonly FieldError[] {
  if (before === undefined || after === undefined) return [];
  if (before.id === after.id) {
    if (before.action === after.action) return [];
    return [fieldError(`${PATH}.id`, after.id, 'another action needs another id; each id asks once')];
  }
  if (after.acknowledgeBroken === undefined) return [];
  const message = 'belongs to a request that was made, whose status names the number; leave it out (null) in a new one';
  return [fieldError(`${PATH}.acknowledgeBroken`, String(after.acknowledgeBroken), message)];
}

function acknowledgementErrors(action: string, count: number): readonly FieldError[] {
  const path = `${PATH}.acknowledgeBroken`;
  if (action !== 'Compromise')
    return [fieldError(path, String(count), 'is for action Compromise only; the other actions break nothing')];
  if (Number.isInteger(count) && count >= 0 && count <= MAX_BROKEN) return [];
  return [
    fieldError(
      path,
      String(count),
      `must be a whole number from 0 to ${MAX_BROKEN}, as status.rotation.message names it`,
    ),
  ];
}

function idProblem(text: string): string | undefined {
  if (LABEL_VALUE_PATTERN.test(text)) return undefined;
  return 'must be letters, digits, "-", "_" and ".", starting and ending with a letter or digit, such as "2026-11-drill"';
}
