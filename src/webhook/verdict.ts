// SPDX-License-Identifier: Apache-2.0
/**
 * From what was found about an object to the answer its author reads.
 * @module
 */

import { type FieldError, formatFieldErrors } from '../api/field-error.ts';
import type { Decision } from '../policy/evaluate.ts';
import { itemized } from '../policy/listing.ts';
import { denialLines, denialMessage, warningTexts } from '../policy/message.ts';
import { type Effect, type PolicyViolation, rulesOf } from '../policy/violation.ts';
import type { AdmissionRequest, JSONObject, Verdict } from './admission.ts';
import { type Shape, shapeErrors } from './shape.ts';

/** What is refused for its own faults. */
export function refused(request: AdmissionRequest, errors: readonly FieldError[]): Verdict {
  return { allowed: false, message: stated(`${whatOf(request)} cannot be accepted`, linesOf(errors)), warnings: [] };
}

/** What policies make of an object, beside faults and warnings that need none. */
export function judged(
  request: AdmissionRequest,
  decision: Decision,
  { errors, warnings }: { readonly errors: readonly FieldError[]; readonly warnings: readonly string[] },
): Verdict {
  const { violations } = decision;
  const found = { violations, auditAnnotations: annotations(violations) };
  const what = whatOf(request);
  if (errors.length > 0) {
    const lines = [...linesOf(errors), ...denialLines(decision)];
    return { allowed: false, message: stated(`${what} cannot be accepted`, lines), warnings: [], ...found };
  }
  const told = [...warnings, ...warningTexts(decision)];
  if (decision.allowed) return { allowed: true, warnings: told, ...found };
  return { allowed: false, message: denialMessage(decision, what), warnings: told, ...found };
}

/** `ServiceIdentity shop/checkout`. */
function whatOf(request: AdmissionRequest): string {
  const object = [request.namespace, nameOf(request)].filter((part) => part !== undefined && part !== '').join('/');
  return `${request.kind.kind} ${object}`;
}

/** Of an object to be created, a name that the API server makes up is in the object at most. */
export function nameOf({ name, object }: AdmissionRequest): string {
  if (name !== '') return name;
  const { metadata } = (object ?? {}) as { readonly metadata?: { readonly name?: unknown } | null };
  return typeof metadata?.name === 'string' ? metadata.name : '';
}

function linesOf(errors: readonly FieldError[]): readonly string[] {
  return errors.map((error) => formatFieldErrors([error]));
}

/** One line where there is one thing to say, else one for each. */
function stated(what: string, lines: readonly string[]): string {
  return lines.length === 1 ? `${what}: ${lines[0]}` : itemized(what, lines);
}

const KEYS: Readonly<Record<Effect, string>> = { Deny: 'denied-by', Warn: 'warned-by', Audit: 'audited-by' };

/** For the audit log: which rules of which policies said something, by what came of it. */
function annotations(violations: readonly PolicyViolation[]): Readonly<Record<string, string>> {
  const entries = Object.entries(KEYS).map(([effect, key]) => {
    const own = violations.filter((violation) => violation.effect === effect);
    return [key, rulesOf(own).join(', ')] as const;
  });
  return Object.fromEntries(entries.filter(([, rules]) => rules !== ''));
}

type Specs<T> = { readonly value: T; readonly before: T | undefined } | { readonly errors: readonly FieldError[] };

/** The specs of a request. One stored in a shape of another time is no reason to refuse the next. */
export function specOf<T>({ object, oldObject }: AdmissionRequest, shape: Shape): Specs<T> {
  const value = specIn(object);
  const errors = shapeErrors('spec', value, shape);
  if (errors.length > 0) return { errors };
  const before = specIn(oldObject);
  const readable = before !== undefined && shapeErrors('spec', before, shape).length === 0;
  return { value: value as T, before: readable ? (before as T) : undefined };
}

function specIn(object: JSONObject | undefined): unknown {
  return object?.['spec'];
}
