// SPDX-License-Identifier: Apache-2.0
/**
 * An administrator's view of the cluster for user stories: JSON objects in and out, and waiting for a state on a watch.
 * It shares nothing with the controller's own client but the reading of a kubeconfig.
 * @module
 */
import { Agent, request } from 'undici';
import type { ObjectMeta } from '../../src/api/object-meta.ts';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import type { TrustDomain } from '../../src/api/trust-domain.ts';
import { fromKubeconfig } from '../../src/kube/kubeconfig.ts';
import { type AnyObject, ofMetadata, watchLines } from './watch-lines.ts';

export interface SecretObject {
  readonly metadata: ObjectMeta;
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

interface Kinds {
  Secret: SecretObject;
  ServiceIdentity: ServiceIdentity;
  TrustDomain: TrustDomain;
  Namespace: AnyObject;
  ServiceAccount: AnyObject;
  ConfigMap: AnyObject;
  ResourceQuota: AnyObject;
  Event: AnyObject & { readonly regarding?: { readonly name?: string; readonly uid?: string } };
  Lease: AnyObject & { readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number } };
  ValidatingAdmissionPolicy: AnyObject;
  ValidatingAdmissionPolicyBinding: AnyObject;
  ValidatingWebhookConfiguration: AnyObject;
}
export type Kind = keyof Kinds;

const RESOURCES: { readonly [K in Kind]: readonly [apiVersion: string, plural: string] } = {
  Secret: ['v1', 'secrets'],
  ServiceIdentity: ['signet.dev/v1alpha1', 'serviceidentities'],
  TrustDomain: ['signet.dev/v1alpha1', 'trustdomains'],
  Namespace: ['v1', 'namespaces'],
  ServiceAccount: ['v1', 'serviceaccounts'],
  ConfigMap: ['v1', 'configmaps'],
  ResourceQuota: ['v1', 'resourcequotas'],
  Event: ['events.k8s.io/v1', 'events'],
  Lease: ['coordination.k8s.io/v1', 'leases'],
  ValidatingAdmissionPolicy: ['admissionregistration.k8s.io/v1', 'validatingadmissionpolicies'],
  ValidatingAdmissionPolicyBinding: ['admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings'],
  ValidatingWebhookConfiguration: ['admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations'],
};

export interface Ref<K extends Kind> {
  readonly kind: K;
  /** Absent for cluster-wide kinds. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What is written: metadata as a user gives it, and anything else. */
export interface Draft<K extends Kind> {
  readonly kind: K;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [more: string]: unknown };
  readonly [more: string]: unknown;
}

/** Every version of an object that a watcher saw, oldest first; undefined stands for its deletion. */
export interface Recording<T> {
  readonly versions: readonly (T | undefined)[];
  stop(): void;
}

/** A refused call. */
export class RefusedCall extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** Long enough for a busy machine; a story that needs it has gone wrong. */
const PATIENCE_MS = 60_000;

export interface Cluster {
  create<K extends Kind>(draft: Draft<K>): Promise<Kinds[K]>;
  /** Undefined: it does not exist. */
  get<K extends Kind>(ref: Ref<K>): Promise<Kinds[K] | undefined>;
  list<K extends Kind>(kind: K, namespace?: string): Promise<readonly Kinds[K][]>;
  /** A JSON merge patch. */
  patch<K extends Kind>(ref: Ref<K>, patch: unknown): Promise<Kinds[K]>;
  /** Does nothing where there is nothing. */
  delete(ref: Ref<Kind>): Promise<void>;
  /** The object as soon as it is as asked; an Error with its last state otherwise. `undefined` is a state, too. */
  until<K extends Kind>(
    ref: Ref<K>,
    condition: (now: Kinds[K] | undefined) => boolean,
    patience?: number,
  ): Promise<Kinds[K] | undefined>;
  record<K extends Kind>(ref: Ref<K>): Promise<Recording<Kinds[K]>>;
  /** Rows of a table as `kubectl get` prints them, by column name. */
  table(ref: Ref<Kind>): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** A client with the rights of a kubeconfig. */
export async function openCluster(kubeconfig: string): Promise<Cluster> {
  const { server, access } = await fromKubeconfig({ path: kubeconfig });
  const { tls, authorization, headers } = await access(false);
  const agent = new Agent({
    headersTimeout: PATIENCE_MS,
    bodyTimeout: 0,
    connect: {
      rejectUnauthorized: tls.insecureSkipVerify !== true,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.privateKey === undefined ? {} : { key: tls.privateKey }),
    },
  });
  const send = async ({ method, path, query = {}, body, accept, signal }: Call) => {
    const answer = await request(`${server}${path}?${new URLSearchParams(query).toString()}`, {
      method,
      dispatcher: agent,
      headers: {
        ...headers,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        accept: accept ?? 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.statusCode < 400) return answer.body;
    const { message } = (await answer.body.json()) as { message?: string };
    throw new RefusedCall(answer.statusCode, message ?? `${method} ${path}`);
  };
  const json = async <T>(call: Call): Promise<T> => (await (await send(call)).json()) as T;
  const listOf = <K extends Kind>(ref: Ref<K>) =>
    json<{ metadata: { resourceVersion: string }; items: Kinds[K][] }>({
      method: 'GET',
      path: collectionPath(ref.kind, ref.namespace),
      query: { fieldSelector: ofMetadata(ref.name) },
    });
  const watch = async <K extends Kind>(ref: Ref<K>, resourceVersion: string, signal: AbortSignal) => {
    const query = { watch: '1', resourceVersion, fieldSelector: ofMetadata(ref.name) };
    const body = await send({ method: 'GET', path: collectionPath(ref.kind, ref.namespace), query, signal });
    return watchLines<Kinds[K]>(body);
  };

  return {
    create: (draft) =>
      json({
        method: 'POST',
        path: collectionPath(draft.kind, draft.metadata.namespace),
        body: { apiVersion: RESOURCES[draft.kind][0], ...draft },
      }),
    get: (ref) => absentAsUndefined(json({ method: 'GET', path: pathOf(ref) })),
    list: async <K extends Kind>(kind: K, namespace?: string) =>
      (await json<{ items: Kinds[K][] }>({ method: 'GET', path: collectionPath(kind, namespace) })).items,
    patch: (ref, body) => json({ method: 'PATCH', path: pathOf(ref), body }),
    delete: async (ref) => void (await absentAsUndefined(json({ method: 'DELETE', path: pathOf(ref) }))),
    until: async <K extends Kind>(
      ref: Ref<K>,
      condition: (now: Kinds[K] | undefined) => boolean,
      patience = PATIENCE_MS,
    ) => {
      const { items, metadata } = await listOf(ref);
      let now = items[0];
      if (condition(now)) return now;
      const ending = new AbortController();
      const timer = setTimeout(() => ending.abort(), patience);
      try {
        for await (now of await watch(ref, metadata.resourceVersion, ending.signal)) if (condition(now)) return now;
      } catch (error) {
        if (!ending.signal.aborted) throw error;
      } finally {
        clearTimeout(timer);
        ending.abort();
      }
      throw new Error(`${ref.kind} ${ref.namespace ?? ''}/${ref.name} is still not as wanted: ${withoutData(now)}`);
    },
    record: async <K extends Kind>(ref: Ref<K>) => {
      const { items, metadata } = await listOf(ref);
      const versions: (Kinds[K] | undefined)[] = [...items];
      const ending = new AbortController();
      const lines = await watch(ref, metadata.resourceVersion, ending.signal);
      const follow = async () => {
        for await (const version of lines) versions.push(version);
      };
      void follow().catch((error: unknown) => {
        if (!ending.signal.aborted) throw error;
      });
      return { versions, stop: () => ending.abort() };
    },
    table: async (ref) => {
      interface Table {
        readonly columnDefinitions: { readonly name: string }[];
        readonly rows: { readonly cells: unknown[] }[];
      }
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
      const { columnDefinitions, rows } = await json<Table>({ method: 'GET', path: pathOf(ref), accept });
      return Object.fromEntries(columnDefinitions.map(({ name }, index) => [name, rows[0]?.cells[index]]));
    },
    close: () => agent.destroy(),
  };
}

function collectionPath(kind: Kind, namespace: string | undefined): string {
  const [apiVersion, plural] = RESOURCES[kind];
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

function pathOf({ kind, namespace, name }: Ref<Kind>): string {
  return `${collectionPath(kind, namespace)}/${name}`;
}

async function absentAsUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RefusedCall && error.code === 404) return undefined;
    throw error;
  }
}

/** For messages: keys stay out of them. */
function withoutData(object: unknown): string {
  if (object === undefined) return 'it does not exist';
  return JSON.stringify(object, (key, value: unknown) =>
    key === 'data' || key === 'managedFields' ? undefined : value,
  );
}
