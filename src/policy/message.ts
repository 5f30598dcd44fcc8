// SPDX-License-Identifier: Apache-2.0
/**
 * Decisions in words: for whoever ran `kubectl apply`, and for conditions.
 * @module
 */

import { boundedText } from '../api/bounded-text.ts';
import type { Decision } from './evaluate.ts';
import { itemized } from './listing.ts';
import type { PolicyViolation } from './violation.ts';

/** Lines that are read; the API server cuts longer answers anyway. */
const MAX_LINES = 20;
/** Characters of one warning, and of all: where all are longer than this, the API server cuts them to 256 each. */
const MAX_WARNING = 512;
const MAX_WARNINGS = 4096;
const MAX_VALUE = 80;

/** Why a subject is refused, with what to do about each rule; for a decision that is not allowed. */
export function denialMessage(decision: Decision, what: string): string {
  const count = denying(decision).length;
  const rules = count === 1 ? 'one rule' : `${count} rules`;
  return itemized(`${what} breaks ${rules}`, denialLines(decision));
}

/** One line for each rule that denies, as far as people read on. */
export function denialLines(decision: Decision): readonly string[] {
  const all = denying(decision);
  const lines = all.slice(0, MAX_LINES).map(violationText);
  const more = all.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}

function denying({ violations }: Decision): readonly PolicyViolation[] {
  return violations.filter(({ effect }) => effect === 'Deny');
}

/** What passes with a warning, within the limits of the API. */
export function warningTexts(decision: Decision): readonly string[] {
  const texts = decision.violations.filter(({ effect }) => effect === 'Warn').map(violationText);
  const kept: string[] = [];
  let length = 0;
  for (const text of texts) {
    const cut = boundedText(text, MAX_WARNING);
    length += cut.length;
    if (length > MAX_WARNINGS - MAX_WARNING) return [...kept, `and ${texts.length - kept.length} more warnings`];
    kept.push(cut);
  }
  return kept;
}

/** One violation in one line. */
export function violationText({ policy, rule, path, value, message, remedy }: PolicyViolation): string {
  const source = policy === undefined ? `built-in rule ${rule}` : `policy ${policy} (${rule})`;
  const given = value === undefined ? '' : ` ${JSON.stringify(boundedText(value, MAX_VALUE))}`;
  return `${path}${given}: ${message}; ${remedy} [${source}]`;
}
