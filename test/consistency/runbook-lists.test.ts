// SPDX-License-Identifier: Apache-2.0
/**
 * Runbooks that look for a late SVID show it, however many identities are held that have been late for weeks: kubectl
 * prints their lists from an API server that knows nothing else, and they go through the pipes of the page.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../hack/controlplane/command.ts';
import { obtainKubectl } from '../../hack/controlplane/programs.ts';
import { createProgress } from '../../hack/progress.ts';
import { HELD_REASONS, IDENTITY_REASONS, type IdentityReason } from '../../src/api/conditions.ts';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import { API_VERSION } from '../../src/api/well-known.ts';
import { commandsOf } from '../support/docs/commands.ts';
import type { Pipeline } from '../support/docs/shell.ts';

const COMMANDS = commandsOf(['kubectl']);
const LISTS = ['survival-low', 'handshakes-failing', 'svids-expired', 'renewals-overdue'].map((name) => {
  const all = COMMANDS.filter(({ script }) => script.file === `docs/runbooks/${name}.md`);
  return [name, all.map(({ pipeline }) => pipeline).filter(isList)] as const;
});

function isList([words]: Pipeline): boolean {
  return words?.[1] === 'get' && words[2] === 'sid';
}

/** `month`: of its end. */
function identity(name: string, month: number, reasons: readonly IdentityReason[]): ServiceIdentity {
  const time = `2026-${String(month).padStart(2, '0')}-15T12:00:00Z`;
  const types = ['Ready', 'Forbidden'] as const;
  const conditions = reasons.map((reason, i) => ({
    type: types[i] ?? ('Contended' as const),
    status: 'True' as const,
    reason,
    message: '',
    observedGeneration: 1,
    lastTransitionTime: time,
  }));
  return {
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: time },
    spec: { serviceAccountName: name },
    status: { notAfter: time, renewalTime: time, conditions },
  };
}

const HELD = [
  ...[...HELD_REASONS, ...HELD_REASONS].map((reason, i) => identity(`held-${i}`, 1 + (i % 2), [reason])),
  identity('held-forbidden', 1, ['Issued', 'PolicyViolation']),
];
/** Of identities that nobody but Signet has to renew. */
const REASONS = (Object.keys(IDENTITY_REASONS) as IdentityReason[]).filter((reason) => !HELD_REASONS.has(reason));
const LATE = REASONS.map((reason) => identity(`late-${reason.toLowerCase()}`, 3, [reason]));
const WELL = Array.from({ length: 20 }, (_, i) => identity(`well-${i}`, 4, ['Issued']));

const resources = [{ name: 'serviceidentities', shortNames: ['sid'], namespaced: true, kind: 'ServiceIdentity' }];
const version = { groupVersion: API_VERSION, version: path.basename(API_VERSION) };
const ANSWERS: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: [] },
  '/apis': { kind: 'APIGroupList', groups: [{ name: path.dirname(API_VERSION), versions: [version] }] },
  [`/apis/${API_VERSION}`]: {
    kind: 'APIResourceList',
    groupVersion: API_VERSION,
    resources: resources.map((one) => ({ ...one, singularName: 'serviceidentity', verbs: ['get', 'list'] })),
  },
  [`/apis/${API_VERSION}/serviceidentities`]: {
    apiVersion: API_VERSION,
    kind: 'ServiceIdentityList',
    metadata: { resourceVersion: '1' },
    items: [...WELL, ...HELD, ...LATE].map((one) => ({ apiVersion: API_VERSION, kind: 'ServiceIdentity', ...one })),
  },
};
const server = createServer(({ url = '' }, response) => {
  const answer = ANSWERS[url.split('?')[0] ?? ''];
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', code: 404, reason: 'NotFound' }));
});

/** A machine without kubectl builds it. */
const BUILD_MS = 600_000;
let kubectl = '';
let home = '';
beforeAll(async () => {
  kubectl = await obtainKubectl(process.env, createProgress());
  home = await mkdtemp(path.join(tmpdir(), 'signet-lists-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}, BUILD_MS);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(home, { recursive: true });
});

/** All there are, as kubectl prints them. */
async function printed([words = []]: Pipeline): Promise<string[]> {
  const [, ...args] = words;
  const { port } = server.address() as AddressInfo;
  const environment = { ...process.env, HOME: home, KUBECONFIG: path.join(home, 'none') };
  const text = await runCommand(kubectl, [...args, `--server=http://127.0.0.1:${port}`], { environment });
  return text.trim().split('\n');
}

/** Names, in the order in which the page's pipes let them through; the header first where nothing else is left. */
async function through([, ...pipes]: Pipeline, rows: readonly string[]): Promise<string[]> {
  let text = rows.map((row) => `${row}\n`).join('');
  for (const [program = '', ...args] of pipes) text = await runCommand(program, args, { input: text });
  return text.split('\n').flatMap((row) => row.split(/ +/u)[1] ?? []);
}

describe.each(LISTS)('the list of %s', (_, lists) => {
  const [list = []] = lists;
  let all: string[];
  beforeAll(async () => {
    all = await printed(list);
  });

  it('is there, once, and prints all of them', () => {
    expect(lists).toHaveLength(1);
    expect(HELD.length).toBeGreaterThan(20);
    expect(all).toHaveLength(1 + WELL.length + HELD.length + LATE.length);
  });

  it.each(LATE.map(({ metadata }) => metadata.name))('begins with the only one that is late: %s', async (name) => {
    const rows = all.filter((row) => !row.includes(' late-') || row.includes(` ${name} `));
    expect(rows).toHaveLength(1 + WELL.length + HELD.length + 1);
    expect((await through(list, rows))[0]).toBe(name);
  });

  it('shows none of those that are held', async () => {
    const rows = all.filter((row) => !/ (?:late|well)-/u.test(row));
    expect(await through(list, rows)).toEqual(['NAME']);
  });
});
