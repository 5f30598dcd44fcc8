// SPDX-License-Identifier: Apache-2.0
/** @module What the API server refuses with in our words: rules of the CRDs, and of the admission policies of the chart. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Each message once, in the order of the files. */
export function ruleMessages(files: string): readonly string[] {
  const documents = globSync(files, { cwd: ROOT })
    .toSorted()
    .flatMap((file) => parseAllDocuments(readFileSync(path.join(ROOT, file), 'utf8')));
  return [...new Set(documents.flatMap((document) => messagesIn(document.toJS())))];
}

/** Of rules in CEL: a schema has fields of that name as well, which are no text. */
function messagesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(messagesIn);
  if (typeof value !== 'object' || value === null) return [];
  const { message, messageExpression } = value as { readonly message?: unknown; readonly messageExpression?: unknown };
  const said = 'rule' in value || 'expression' in value ? [message, messageExpression] : [];
  return [
    ...said.filter((text) => typeof text === 'string').map((text) => text.replaceAll(/\s+/gu, ' ').trim()),
    ...Object.values(value).flatMap(messagesIn),
  ];
}
