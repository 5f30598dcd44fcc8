// SPDX-License-Identifier: Apache-2.0
/**
 * An administrator's view of the cluster for user stories: JSON objects in and out, and waiting for a state on a watch.
 * It shares nothing with the controller's own client but the reading of a kubeconfig.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { fromKubeconfig } from '../../src/kube/kubeconfig.ts';
import { collectionPath, type Kind, type Kinds, pathOf, RESOURCES, type Ref } from './kinds.ts';
import { watchChanges } from './watch-lines.ts';

export type { SecretObject } from './kinds.ts';

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
  /** Would it be created? Nothing is stored; rejects with what the API server says. */
  tryCreate(draft: Draft<Kind>): Promise<void>;
  /** Undefined: it does not exist. */
  get<K extends Kind>(ref: Ref<K>): Promise<Kinds[K] | undefined>;
  list<K extends Kind>(kind: K, namespace?: string): Promise<readonly Kinds[K][]>;
  /** A JSON merge patch. */
  patch<K extends Kind>(ref: Ref<K>, patch: unknown): Promise<Kinds[K]>;
  /** Does nothing where there is nothing. */
  delete(ref: Ref<Kind>): Promise<void>;
  deleteAll(kind: Kind, namespace: string): Promise<void>;
  /** The object as soon as it is as asked; an Error with its last state otherwise. `undefined` is a state, too. */
  until<K extends Kind>(
    ref: Ref<K>,
    condition: (now: Kinds[K] | undefined) => boolean,
    patience?: number,
  ): Promise<Kinds[K] | undefined>;
  /** As `until`, for all objects of a kind in a namespace. */
  untilAll<K extends Kind>(
    kind: K,
    namespace: string,
    condition: (all: readonly Kinds[K][]) => boolean,
  ): Promise<readonly Kinds[K][]>;
  record<K extends Kind>(ref: Ref<K>): Promise<Recording<Kinds[K]>>;
  /** Rows of a table as `kubectl get` prints them, by column name. */
  table(ref: Ref<Kind>): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

/** All objects of a kind in a namespace, or the one of a name. */
type Range<K extends Kind> = Omit<Ref<K>, 'name'> & { readonly name?: string };

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
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
  const attempt = async ({ method, path, query = {}, body, accept, signal }: Call) => {
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
  const send = async (call: Call) => {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await attempt(call);
      } catch (error) {
        // An API server that has just started says so until its caches are filled.
        const early = error instanceof RefusedCall && error.code === 429 && performance.now() < until;
        if (!early) throw error;
        await pause(200);
      }
    }
  };
  const json = async <T>(call: Call): Promise<T> => (await (await send(call)).json()) as T;
  const open = async <K extends Kind>({ kind, namespace, name }: Range<K>, signal: AbortSignal) => {
    const path = collectionPath(kind, namespace);
    const selected: Record<string, string> = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
    const { items, metadata } = await json<List<Kinds[K]>>({ method: 'GET', path, query: selected, signal });
    const { resourceVersion } = metadata;
    const changes = async function* () {
      const query = { ...selected, watch: '1', resourceVersion };
      yield* watchChanges<Kinds[K]>(await send({ method: 'GET', path, query, signal }));
    };
    return { items, changes };
  };
  /** All objects of a range, whenever one has changed. Whatever a watch that ended did not tell, the next list has. */
  const states = async function* <K extends Kind>(range: Range<K>, signal: AbortSignal): AsyncGenerator<Kinds[K][]> {
    for (;;) {
      const { items, changes } = await open(range, signal);
      const all = new Map(items.map((item) => [item.metadata.name, item]));
      yield [...all.values()];
      for await (const { name, now } of changes()) {
        if (now === undefined) all.delete(name);
        else all.set(name, now);
        yield [...all.values()];
      }
    }
  };
  /** All objects of a range as soon as they are as asked. */
  const settle = async <K extends Kind>(
    range: Range<K>,
    condition: (all: readonly Kinds[K][]) => boolean,
    patience = PATIENCE_MS,
  ) => {
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), patience);
    let seen: Kinds[K][] = [];
    try {
      for await (const all of states(range, ending.signal)) {
        seen = all;
        if (condition(all)) return all;
      }
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
      ending.abort();
    }
    const where = `${range.kind} ${range.namespace ?? ''}/${range.name ?? ''}`;
    throw new Error(`${where} is still not as wanted: ${withoutData(seen)}`);
  };

  return {
    create: (draft) =>
      json({
        method: 'POST',
        path: collectionPath(draft.kind, draft.metadata.namespace),
        body: { apiVersion: RESOURCES[draft.kind][0], ...draft },
      }),
    tryCreate: async (draft) => {
      const path = collectionPath(draft.kind, draft.metadata.namespace);
      const body = { apiVersion: RESOURCES[draft.kind][0], ...draft };
      await json({ method: 'POST', path, query: { dryRun: 'All' }, body });
    },
    get: (ref) => absentAsUndefined(json({ method: 'GET', path: pathOf(ref) })),
    list: async <K extends Kind>(kind: K, namespace?: string) =>
      (await json<{ items: Kinds[K][] }>({ method: 'GET', path: collectionPath(kind, namespace) })).items,
    patch: (ref, body) => json({ method: 'PATCH', path: pathOf(ref), body }),
    delete: async (ref) => void (await absentAsUndefined(json({ method: 'DELETE', path: pathOf(ref) }))),
    deleteAll: async (kind, namespace) =>
      void (await json({ method: 'DELETE', path: collectionPath(kind, namespace) })),
    until: async (ref, condition, patience) => (await settle(ref, ([now]) => condition(now), patience))[0],
    untilAll: (kind, namespace, condition) => settle({ kind, namespace }, condition),
    record: async <K extends Kind>(ref: Ref<K>) => {
      const ending = new AbortController();
      const { items, changes } = await open(ref, ending.signal);
      const versions: (Kinds[K] | undefined)[] = [...items];
      const follow = async () => {
        for await (const { now } of changes()) versions.push(now);
        throw new Error('The watch ended, and what it did not tell is not known');
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

async function absentAsUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RefusedCall && error.code === 404) return undefined;
    throw error;
  }
}

/** For messages: keys stay out of them. */
function withoutData(objects: readonly unknown[]): string {
  if (objects.length === 0) return 'there is none';
  return JSON.stringify(objects, (key, value: unknown) =>
    key === 'data' || key === 'managedFields' ? undefined : value,
  );
}
