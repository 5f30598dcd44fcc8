// SPDX-License-Identifier: Apache-2.0
/**
 * What an account of the release asked for, by the API server's own record, held against what the chart grants it.
 * @module
 */
import { expect } from 'vitest';
import { type AuditedRequest, auditedRequests } from '../../support/audit-log.ts';
import { type RoleObject, refusedRequests, unusedRights } from '../../support/rights.ts';
import { type Scene, SYSTEM } from './scene.ts';

type Role = 'controller' | 'webhook';

/** Fails over a request that was refused. */
export async function expectNothingRefused(scene: Scene, role: Role): Promise<void> {
  expect(refusedRequests(await requestsOf(scene, role))).toEqual([]);
}

/** Fails over a right that the release grants and that nobody has made use of, `proven` elsewhere aside. */
export async function expectEverythingUsed(scene: Scene, role: Role, proven: readonly string[] = []): Promise<void> {
  const unused = unusedRights(await rolesOf(scene, role), await requestsOf(scene, role));
  expect(unused.filter((right) => !proven.includes(right))).toEqual([]);
}

/** Fails over a rule of which not one verb was made use of where it is granted. */
export async function expectEveryRuleUsed(scene: Scene, role: Role): Promise<void> {
  const requests = await requestsOf(scene, role);
  const idle = (await rolesOf(scene, role)).flatMap(({ metadata, rules }) =>
    rules.flatMap((rule) => {
      const alone = rule.verbs.map((verb) => ({ metadata, rules: [{ ...rule, verbs: [verb] }] }));
      const unused = alone.map((one) => unusedRights([one], requests));
      return unused.some(({ length }) => length === 0) ? [] : unused.flat();
    }),
  );
  expect(idle).toEqual([]);
}

async function rolesOf(scene: Scene, role: Role): Promise<readonly RoleObject[]> {
  const selector = `--selector=app.kubernetes.io/component=${role}`;
  const list = await scene.get<{ readonly items: readonly RoleObject[] }>(
    'clusterroles,roles',
    selector,
    '--all-namespaces',
  );
  expect(list.items.length).toBeGreaterThan(1);
  return list.items;
}

async function requestsOf({ node }: Scene, role: Role): Promise<AuditedRequest[]> {
  const log = node?.plane.auditLog ?? '';
  const requests = await auditedRequests(log, `system:serviceaccount:${SYSTEM}:signet-${role}`);
  expect(requests.length).toBeGreaterThan(5);
  return requests;
}
