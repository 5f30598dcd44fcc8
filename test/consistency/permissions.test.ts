// SPDX-License-Identifier: Apache-2.0
/**
 * Every verb that the sources use on a resource is granted by the chart's rules, and no other is. What is used is read
 * off the calls in src/; a call whose resource is not plain to see has to be named here.
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import * as resources from '../../src/kube/resources.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const VERBS: Readonly<Record<string, string>> = {
  getObject: 'get',
  getObjectBytes: 'get',
  createObject: 'create',
  updateObject: 'update',
  patchObject: 'patch',
  deleteObject: 'delete',
};
const CALL =
  /\b(getObject|getObjectBytes|createObject|updateObject|patchObject|deleteObject)(?:<[^(]*>)?\(\s*[\w.#]+,\s*(\w+)/gu;
/** Nothing but its status is ever replaced of an object that is a user's. */
const STATUS = /\bwriteStatus\((?:\w+|withSignal\([^)]*\)), '(\w+)'/gu;
const OWN_KINDS: Readonly<Record<string, string>> = {
  ServiceIdentity: 'signet.dev/serviceidentities',
  TrustDomain: 'signet.dev/trustdomains',
  IdentityPolicy: 'signet.dev/identitypolicies',
};
const WATCH = /\bresource: ([A-Z_]+),/gu;

/** They make the calls that others ask for. */
const WRAPPERS: ReadonlySet<string> = new Set([path.join('kube', 'resource-calls.ts'), path.join('kube', 'status.ts')]);

/** Calls on what is only known when they run. */
const DYNAMIC: Readonly<Record<string, readonly string[]>> = {
  // Pods are listed besides; the rest is a workload of one of three kinds.
  'reconcilers/reload/calls.ts': ['apps/deployments', 'apps/statefulsets', 'apps/daemonsets'],
  // A ConfigMap or a ClusterTrustBundle.
  'reconcilers/bundle/calls.ts': ['configmaps', 'certificates.k8s.io/clustertrustbundles'],
};
/** Used by the controller in other ways than by a call of src/kube/resource-calls.ts. */
const ELSEWHERE: readonly string[] = [
  // src/reconcilers/reload/calls.ts.
  'pods list',
  'pods patch',
  // src/kube/lease-watch.ts, one Lease by name.
  'coordination.k8s.io/leases watch',
  // src/reconcilers/bundle/served.ts, in whichever version there is.
  'certificates.k8s.io/clustertrustbundles list',
  'certificates.k8s.io/clustertrustbundles watch',
  // The API server asks for it when a ClusterTrustBundle of ours is written.
  'certificates.k8s.io/signers attest',
  // src/reconcilers/webhook-upkeep/configurations.ts, by server-side apply.
  'admissionregistration.k8s.io/validatingwebhookconfigurations patch',
];

/** The sources of `signet webhook` alone. What both roles share makes calls in neither's name. */
const WEBHOOK = /^(?:webhook\/|app\/(?:webhook-app|webhook-process|live-reads)\.ts)/u;
/** Used by the webhook: src/webhook/serving-certificate.ts reads one Secret, through src/kube/secret-data.ts. */
const WEBHOOK_ELSEWHERE: readonly string[] = ['secrets get'];

type Role = 'controller' | 'webhook';
/** What the chart renders. */
const FILES = ['hack/manifests/controller.yaml', 'hack/manifests/webhook.yaml'] as const;

interface Manifest {
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

async function granted(role: Role): Promise<string[]> {
  const texts = await Promise.all(FILES.map((file) => readFile(path.join(ROOT, file), 'utf8')));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
  const ours = objects.filter(({ metadata }) => metadata.name.startsWith(`signet-${role}`));
  const pairs = ours.flatMap(({ rules = [] }) =>
    rules.flatMap((rule) =>
      rule.apiGroups.flatMap((group) =>
        rule.resources.flatMap((resource) => rule.verbs.map((verb) => `${named(group, resource)} ${verb}`)),
      ),
    ),
  );
  return [...new Set(pairs)].sort();
}

function named(group: string, resource: string): string {
  return group === '' ? resource : `${group}/${resource}`;
}

function constant(name: string, file: string): string {
  const found: unknown = Reflect.get(resources, name);
  if (typeof found !== 'object' || found === null || !('plural' in found) || !('group' in found)) {
    throw new Error(`${file} calls on ${name}, which is no resource of src/kube/resources.ts: name it in DYNAMIC`);
  }
  return named(String(found.group), String(found.plural));
}

/** What one file asks for. */
function usedIn(file: string, text: string): string[] {
  const calls = [...text.matchAll(CALL)].flatMap(({ 1: call = '', 2: name = '' }) =>
    (DYNAMIC[file] ?? [constant(name, file)]).map((target) => `${target} ${VERBS[call]}`),
  );
  const statuses = [...text.matchAll(STATUS)].map(({ 1: kind = '' }) => `${OWN_KINDS[kind]}/status update`);
  const watches = [...text.matchAll(WATCH)].flatMap(({ 1: name = '' }) =>
    ['list', 'watch'].map((verb) => `${constant(name, file)} ${verb}`),
  );
  return [...calls, ...statuses, ...watches];
}

async function used(role: Role): Promise<string[]> {
  const pairs = new Set(role === 'webhook' ? WEBHOOK_ELSEWHERE : ELSEWHERE);
  const files = (await readdir(path.join(ROOT, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts'));
  for (const file of files) {
    if (WRAPPERS.has(file) || WEBHOOK.test(file) !== (role === 'webhook')) continue;
    for (const pair of usedIn(file, await readFile(path.join(ROOT, 'src', file), 'utf8'))) pairs.add(pair);
  }
  return [...pairs].sort();
}

it.each(['controller', 'webhook'] as const)('grants the %s what it uses, and nothing else', async (role) => {
  expect(await granted(role)).toEqual(await used(role));
});
