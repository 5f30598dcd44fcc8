// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/flags.md says what the flag table says: no flag is missing, none is invented.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Flag, ROLES, SECTIONS } from '../../src/config/flag.ts';
import { envName, FLAGS, rolesOf } from '../../src/config/flags.ts';
import { flagDefault, flagUsage, roleHelp } from '../../src/config/help.ts';
import { parseCommand } from '../../src/config/parse.ts';

const PAGE = readFileSync(new URL('../../docs/reference/flags.md', import.meta.url), 'utf8');
const ALL: readonly Flag<unknown>[] = Object.values(FLAGS);

/** The rows of the page's tables, cells trimmed. */
const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| `--'))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );

function documentedDefault(flag: Flag<unknown>): string {
  return flag.default === undefined ? flagDefault(flag) : `\`${flag.default}\``;
}

it('has exactly the flags of the table, in its order', () => {
  expect(ROWS.map(([usage]) => usage)).toEqual(ALL.map((flag) => `\`${flagUsage(flag)}\``));
});

it('has the sections of the table', () => {
  expect(PAGE.match(/^## .+$/gm)).toEqual(SECTIONS.map((section) => `## ${section}`));
});

describe.each(ALL)('--$name', (flag) => {
  it('is documented as it is', () => {
    const row = ROWS[ALL.indexOf(flag)];
    const variables = [envName(flag), ...(flag.alsoEnv ?? [])].map((name) => `\`${name}\``).join(', ');
    expect(row).toEqual([`\`${flagUsage(flag)}\``, variables, documentedDefault(flag), flag.help]);
  });

  it.each(ROLES)('is in the help text of the %s if, and only if, it takes it', (role) => {
    expect(roleHelp(role).includes(`  ${flagUsage(flag)}\n`)).toBe(rolesOf(flag).includes(role));
  });

  it('has a default it would accept itself', () => {
    expect(flag.default === undefined || 'value' in flag.parse(flag.default)).toBe(true);
  });

  it('cannot be set by the variables that Kubernetes makes for a Service', () => {
    expect(envName(flag)).not.toMatch(/_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)/);
  });
});

it('lists the flags of the webhook', () => {
  const [, list = ''] = /^`signet webhook` takes (.+)$/m.exec(PAGE) ?? [];
  const named = [...list.matchAll(/`--([a-z-]+)`/g)].map(([, name]) => name);
  expect(named).toEqual(ALL.filter((flag) => rolesOf(flag).includes('webhook')).map(({ name }) => name));
});

it('shows command lines that work', () => {
  const lines = PAGE.match(/^signet .+$/gm) ?? [];
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const argv = (line.match(/'[^']*'|\S+/g) ?? []).slice(1).map((part) => part.replaceAll("'", ''));
    const env = { POD_NAMESPACE: 'signet-system' };
    expect(parseCommand({ argv, env, readFile: () => undefined })).toMatchObject({ kind: argv[0] });
  }
});
