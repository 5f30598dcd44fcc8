// SPDX-License-Identifier: Apache-2.0
/**
 * What the API server warns of beside an answer, in Warning headers (RFC 7234 5.5): fields that a CRD does not have and
 * that were dropped, versions that go away, what an admission policy warns of.
 * @module
 */
import type { AnswerHead } from './exchange.ts';
import { safeText } from './kube-error.ts';

/** The code 299, an agent, and the text as a quoted string. */
const WARNING = /299 \S+ "((?:[^"\\]|\\.)*)"/gu;

export function warningsIn({ headers }: Pick<AnswerHead, 'headers'>): string[] {
  const lines = headers['warning'] ?? [];
  return [...[lines].flat().join(', ').matchAll(WARNING)].map(([, text = '']) =>
    safeText(text.replaceAll(/\\(.)/gu, '$1')),
  );
}
