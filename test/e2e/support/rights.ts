// SPDX-License-Identifier: Apache-2.0
/**
 * What an account of the release asked for, by the API server's own record, held against what the chart grants it.
 * @module
 */
import { expect } from 'vitest';
import { type AuditedRequest, auditedRequests } from '../../support/audit-log.ts';
import { type Scene, SYSTEM } from './scene.ts';

type Role = 'controller' | 'webhook';

interface Roles {
  readonly items: readonly { readonly rules: readonly Rule[] }[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Fails over a request that was refused. What its probe asks for in a dry run is meant to be. */
export async function expectNothingRefused(scene: Scene, role: Role): Promise<void> {
  const refused = (await requestsOf(scene, role)).filter(
    ({ code, dryRun }) => !dryRun && (code === 401 || code === 403),
  );
  expect(refused.map(({ verb, resource, name }) => `${verb} ${resource} ${name ?? ''}`)).toEqual([]);
}

/** Verbs on resources that the release grants and that nobody has made use of, `proven` elsewhere aside. */
export async function expectEverythingUsed(scene: Scene, role: Role, proven: readonly string[]): Promise<void> {
  const selector = `--selector=app.kubernetes.io/component=${role}`;
  const { items } = await scene.get<Roles>('clusterroles,roles', selector, '--all-namespaces');
  const granted = new Set(items.flatMap(({ rules }) => rules.flatMap(pairsOf)));
  const used = new Set((await requestsOf(scene, role)).map(({ verb, group, resource }) => pair(verb, group, resource)));
  const unused = [...granted].filter((each) => !used.has(each) && !used.has(asWatch(each)) && !proven.includes(each));
  expect(unused.sort()).toEqual([]);
}

/** A watch begins with what is there, and takes a list only of API servers that cannot do that. */
function asWatch(each: string): string {
  return each.replace(/^list /u, 'watch ');
}

async function requestsOf({ node }: Scene, role: Role): Promise<AuditedRequest[]> {
  const log = node?.plane.auditLog ?? '';
  const requests = await auditedRequests(log, `system:serviceaccount:${SYSTEM}:signet-${role}`);
  expect(requests.length).toBeGreaterThan(5);
  return requests;
}

function pairsOf({ apiGroups, resources, verbs }: Rule): string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => pair(verb, group, resource))),
  );
}

function pair(verb: string, group: string, resource: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}
