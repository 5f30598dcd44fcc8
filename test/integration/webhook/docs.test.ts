// SPDX-License-Identifier: Apache-2.0
/**
 * The refusals that the pages show are what the real API server says, word for word.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import { dryRun, heard, identityOf, podOf, policyWorld } from './policy-world.ts';
import { webhookWorld } from './webhook-world.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const { world } = webhookWorld();
const { policy, enforced } = policyWorld(world);

interface Shown {
  /** By the names that the page has for them. */
  readonly policies: Readonly<Record<string, IdentityPolicySpec>>;
  readonly object: (namespace: string) => object;
}

const CURVES: IdentityPolicySpec = { issue: { keyAlgorithms: ['ECDSA-P256', 'Ed25519'] } };
const SHORT: IdentityPolicySpec = { issue: { ttl: { max: '2h' } } };

/** In the order of each page. */
const SHOWN: Readonly<Record<string, readonly Shown[]>> = {
  'admission.md': [
    {
      policies: {},
      object: (namespace) =>
        identityOf(namespace, { dnsNames: ['www.google.com'], secret: { labels: { 'foreign.dev/x': 'y' } } }),
    },
    { policies: { short: SHORT }, object: (namespace) => identityOf(namespace, { ttl: '48h' }) },
  ],
  'policies.md': [
    {
      policies: { curves: CURVES, short: SHORT },
      object: (namespace) => identityOf(namespace, { ttl: '3h', privateKey: { algorithm: 'RSA-2048' } }),
    },
    {
      policies: { strict: { mtls: { mode: 'Strict' } } },
      object: (namespace) => {
        const pod = podOf(namespace, 'web');
        return { ...pod, metadata: { ...pod.metadata, name: 'web' } };
      },
    },
  ],
};

/** Blocks of a page in which something is refused, without the command. */
function refusalsOf(page: string): string[] {
  const text = readFileSync(new URL(page, DOCS), 'utf8');
  return [...text.matchAll(/^```\w*\n([^]*?)^```$/gmu)]
    .map(([, block = '']) => block.replace(/^\$ .*\n/u, '').trim())
    .filter((block) => block.includes('denied the request'));
}

const CASES = Object.entries(SHOWN).flatMap(([page, all]) => all.map((shown, index) => ({ page, index, shown })));

it.each(CASES)('refusal $index of $page is what is said', async ({ page, index, shown: { policies, object } }) => {
  const namespace = await enforced();
  await world.serviceAccount(namespace, 'web');
  let text = (refusalsOf(page)[index] ?? '').replaceAll('shop', namespace).replace(/"\w+\.yaml"/u, '"STDIN"');
  for (const [name, spec] of Object.entries(policies)) {
    text = text.replaceAll(`[policy ${name} (`, `[policy ${await policy(namespace, spec)} (`);
  }
  const wanted = Object.keys(policies).length;
  // As many as break it have been heard of.
  await heard(object(namespace), new RegExp(`^1 ([^]*\\[policy ){${wanted}}`, 'u'));
  const said = await dryRun(object(namespace));
  expect(said.slice(-text.length)).toBe(text);
  if (text.startsWith('Error')) expect(said).toBe(`1 ${text}`);
});

it('is about every refusal that a page shows', () => {
  const pages = readdirSync(DOCS, { recursive: true }).map(String);
  const shown = pages.filter((page) => page.endsWith('.md') && refusalsOf(page).length > 0);
  expect(shown.sort()).toEqual(Object.keys(SHOWN).sort());
  for (const [page, all] of Object.entries(SHOWN)) expect(all, page).toHaveLength(refusalsOf(page).length);
});
