// SPDX-License-Identifier: Apache-2.0
/** @module Every message that the code logs has a place and its level on the page of messages, and the other way round. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { logMessages } from '../../hack/messages/log.ts';
import { LOG_LEVELS } from '../../src/config/config.ts';
import { ROTATION_EVENTS } from '../../src/signals/trust-domain-events.ts';
import { VERDICTS } from '../../src/signals/upkeep-observer.ts';

const SRC = path.resolve(import.meta.dirname, '../../src');
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
/** `problem` of an observer warns. Of a call: the level, and the first argument as far as it tells what it is. */
const CALL = /\.(debug|info|warn|error|problem)\(\s*(?:'((?:[^'\\]|\\.)*)'|([^\s,)]+))/gu;

interface Call {
  readonly file: string;
  readonly level: string;
  /** Undefined: not written where it is logged. */
  readonly message: string | undefined;
  readonly argument: string | undefined;
}

const CALLS: readonly Call[] = FILES.flatMap((file) =>
  [...readFileSync(path.join(SRC, file), 'utf8').matchAll(CALL)].map(([, level = '', message, argument]) => ({
    file,
    level: level === 'problem' ? 'warn' : level,
    message,
    argument,
  })),
);

/** Where a message is handed on, or chosen from a table that is read below. */
const ELSEWHERE: readonly string[] = [
  'observability/audit.ts: line',
  'observability/sampling.ts: message',
  'signals/app-observer.ts: what',
  'signals/upkeep-observer.ts: VERDICTS[result]',
];

it('knows where messages come from that are not written where they are logged', () => {
  const found = CALLS.flatMap(({ file, argument }) => (argument === undefined ? [] : [`${file}: ${argument}`]));
  expect([...new Set(found)].toSorted()).toEqual(ELSEWHERE);
  const computed = FILES.filter((file) => /\blog(?:ger)?\[/u.test(readFileSync(path.join(SRC, file), 'utf8')));
  expect(computed).toEqual(['signals/app-observer.ts']);
});

it('documents every message with its level, and invents none', () => {
  const logged = new Map<string, string>(
    CALLS.flatMap(({ level, message }) => (message === undefined ? [] : [[message, level] as const])),
  );
  for (const [result, message] of Object.entries(VERDICTS)) logged.set(message, result === 'Refused' ? 'info' : 'warn');
  for (const { type, message } of Object.values(ROTATION_EVENTS))
    logged.set(message, type === 'Normal' ? 'info' : 'warn');
  // Of conditions, where the event has no words of its own.
  const [attention] = /(?<=message: ')TrustDomain [^']+/u.exec(
    readFileSync(path.join(SRC, 'signals/trust-domain-events.ts'), 'utf8'),
  ) ?? [''];
  logged.set(attention, 'warn');
  const told = [...logMessages()].map(([message, { level }]) => `${level} ${message}`);
  expect(told.toSorted()).toEqual([...logged].map(([message, level]) => `${level} ${message}`).toSorted());
});

it('explains fields and levels that lines have', () => {
  const page = readFileSync(path.join(SRC, '../docs/observability.md'), 'utf8');
  const [, table = ''] = /\| Field \| Meaning \|\n\|[-|]+\n((?:\|.*\n)+)/u.exec(page) ?? [];
  const fields = table.split('\n').flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/gu)]);
  expect(fields.length).toBeGreaterThan(20);
  const sources = FILES.map((file) => readFileSync(path.join(SRC, file), 'utf8')).join('\n');
  const unknown = fields.map(([, name = '']) => name).filter((name) => !new RegExp(`\\b${name}\\b`, 'u').test(sources));
  expect(unknown).toEqual([]);
  const [, levels = ''] = /\| `level` \| ([^:]*):/u.exec(table) ?? [];
  expect([...levels.matchAll(/`(\w+)`/gu)].map(([, level]) => level)).toEqual([...LOG_LEVELS]);
});

it('says each message as a sentence without its end', () => {
  for (const message of logMessages().keys()) expect(message).toMatch(/^[A-Z].*[^.]$/u);
});
