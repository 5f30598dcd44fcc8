import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OLDEST_NODE } from '../../src/config/node-version.ts';
import { VERSION } from '../../src/version.ts';

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

it('prints the version of package.json', () => {
  expect(manifest).toMatchObject({ version: VERSION });
});

it('asks for the Node.js of package.json', () => {
  expect(manifest).toMatchObject({ engines: { node: `>=${OLDEST_NODE}` } });
});
