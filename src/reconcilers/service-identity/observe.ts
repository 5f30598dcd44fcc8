// SPDX-License-Identifier: Apache-2.0
/**
 * Gathers the facts about one identity from the caches and the memory of our own writes; reads the API server only
 * when the plan says that it cannot decide without.
 * @module
 */

import { trustDomainNameOf } from '../../api/defaults.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import { secretNameOf } from '../../api/service-identity-validation.ts';
import { MANAGED_LABEL } from '../../api/well-known.ts';
import type { Clock } from '../../controller/clock.ts';
import type {
  Observed,
  ObservedSecret,
  PolicyVerdict,
  Rival,
  SecretContent,
  SecretMeta,
  Settings,
} from '../../identity/observed.ts';
import { passwordSecretOf } from '../../identity/password.ts';
import type { Plan } from '../../identity/plan.ts';
import { wipe } from '../../kube/secret-data.ts';
import type { AuthorityRegistry } from '../authority/registry.ts';
import type { IdentityCaches, IdentityCalls } from './cluster.ts';
import { type FullSecret, inspectSecret } from './inspect.ts';
import { keyStoresAgree, passwordView, readPassword } from './keystores.ts';
import type { IdentityMemory } from './memory.ts';

export interface ObserveDeps {
  readonly caches: IdentityCaches;
  readonly calls: IdentityCalls;
  readonly registry: AuthorityRegistry;
  readonly memory: IdentityMemory;
  readonly settings: Settings;
  readonly clock: Clock;
  /** What policies say against an identity; undefined: nothing. */
  readonly verdict: (key: string, identity: ServiceIdentity) => PolicyVerdict | undefined;
  /** Keys of identities that name this Secret, the first of them among these. */
  readonly claimants: (secretKey: string) => Iterable<string>;
}

/** The facts as the caches have them. */
export function observe(key: string, identity: ServiceIdentity, deps: ObserveDeps): Observed {
  const { caches, registry, settings, memory } = deps;
  const namespace = identity.metadata.namespace ?? '';
  const name = secretNameOf(identity);
  const verdict = deps.verdict(key, identity);
  const meta = memory.secret(key, name, caches.secrets.get(`${namespace}/${name}`));
  return {
    identity,
    settings,
    namespace: caches.namespaces.get(namespace),
    serviceAccountExists: caches.serviceAccounts.has(`${namespace}/${identity.spec.serviceAccountName}`),
    trustDomain: registry.get(trustDomainNameOf(identity.spec))?.view,
    secret: meta === undefined ? undefined : { meta, content: memory.content(key, meta) },
    absenceConfirmed: false,
    previousSecret: previousSecret(key, identity, name, deps),
    previousConfirmed: false,
    rivals: rivalsOf(key, `${namespace}/${name}`, deps),
    healing: memory.healing(key),
    pace: memory.pace(key),
    looks: memory.looks(key),
    ...passwordOf(key, identity, deps),
    ...(verdict === undefined ? {} : { policy: verdict }),
  };
}

/** What the cache and earlier reads tell of the password of PKCS#12 files, where there are to be any. */
export function passwordOf(
  key: string,
  identity: ServiceIdentity,
  { caches, memory }: Pick<ObserveDeps, 'caches' | 'memory'>,
): Pick<Observed, 'password'> {
  const source = passwordSecretOf(identity);
  if (source === undefined) return {};
  const version = caches.passwords.get(`${identity.metadata.namespace ?? ''}/${source.name}`);
  return { password: memory.password(key, version) };
}

/** The facts with the one that a plan cannot do without. */
export function withMissing(key: string, observed: Observed, plan: Plan, deps: ObserveDeps): Promise<Observed> {
  switch (plan.read) {
    case 'content':
      return withContent(key, observed, deps);
    case 'previous':
      return withPreviousSecret(key, observed, deps);
    case 'password':
      return withPassword(key, observed, deps);
    case 'absence':
    case 'metadata':
      return withLiveSecret(key, observed, plan.desired?.secret.name ?? '', deps);
    case undefined:
      return Promise.resolve(observed);
    default:
      return plan.read satisfies never;
  }
}

/** The facts with the Secret's content, read once and remembered by its resourceVersion (design rule 6). */
async function withContent(key: string, observed: Observed, deps: ObserveDeps): Promise<Observed> {
  const { calls, memory, registry, clock } = deps;
  const { identity, secret } = observed;
  const entry = registry.get(trustDomainNameOf(identity.spec));
  const trustDomain = entry?.loaded;
  // The authority went away since: the next plan has to know, or it would ask for the same again.
  if (secret === undefined || trustDomain === undefined) return { ...observed, trustDomain: entry?.view };
  const read = await calls.getSecret(secret.meta.namespace, secret.meta.name);
  if (read === undefined) return absent(key, observed, secret.meta.name, memory);
  try {
    const source = passwordSecretOf(identity);
    const password = source && (await readPassword(calls, identity, source));
    if (password !== undefined) memory.readPassword(key, password.version, password.read);
    const { anchors, trustDomain: name } = trustDomain.issuer;
    const formats = (identity.spec.secret?.formats ?? [{ type: 'PEM' as const }]).map(({ type }) => type);
    const context = { anchors, trustDomain: name, formats, now: clock.now() };
    const content = await withStores(read.secret, password?.value, () => inspectSecret(read.secret, context));
    if (read.meta.labels[MANAGED_LABEL] !== undefined) memory.sawSecret(key, read.meta);
    // The version that was read may be newer than the one that the cache shows: then this is judged once more.
    const judged = password?.version === undefined ? content : { ...content, passwordVersion: password.version };
    memory.inspected(key, read.meta, judged);
    return { ...observed, ...passwordView(password), secret: { meta: read.meta, content: judged } };
  } finally {
    wipe(read.secret.data);
  }
}

/** PKCS#12 files are judged before the others, because nothing is left of the Secret after those. */
async function withStores(
  { data }: FullSecret,
  password: Buffer | undefined,
  inspect: () => SecretContent,
): Promise<SecretContent> {
  try {
    const agree = password === undefined || (await keyStoresAgree(data, password));
    const content = inspect();
    return agree ? content : { ...content, formatsComplete: false };
  } finally {
    password?.fill(0);
  }
}

/** The facts with what the password is now. */
async function withPassword(key: string, observed: Observed, { calls, memory }: ObserveDeps): Promise<Observed> {
  const source = passwordSecretOf(observed.identity);
  if (source === undefined) return observed;
  const password = await readPassword(calls, observed.identity, source);
  password.value?.fill(0);
  memory.readPassword(key, password.version, password.read);
  return { ...observed, ...passwordView(password) };
}

/** The facts after a live look for a Secret that the label-selected cache does not show. */
export async function withLiveSecret(
  key: string,
  observed: Observed,
  name: string,
  deps: ObserveDeps,
): Promise<Observed> {
  const meta = await deps.calls.headSecret(observed.identity.metadata.namespace ?? '', name);
  if (meta === undefined) return absent(key, observed, name, deps.memory);
  // Only what the watch will tell the end of may be remembered; an unlabelled Secret comes and goes unseen.
  if (meta.labels[MANAGED_LABEL] !== undefined) deps.memory.sawSecret(key, meta);
  const secret: ObservedSecret = { meta, content: deps.memory.content(key, meta) };
  return { ...observed, secret, absenceConfirmed: true };
}

/** The facts after a live look for the Secret of an earlier name. */
async function withPreviousSecret(key: string, observed: Observed, { calls, memory }: ObserveDeps): Promise<Observed> {
  const { metadata, status } = observed.identity;
  const recorded = status?.secret?.name;
  const meta = recorded === undefined ? undefined : await calls.headSecret(metadata.namespace ?? '', recorded);
  if (recorded !== undefined && meta === undefined) memory.secretGone(key, recorded);
  return { ...observed, previousSecret: meta, previousConfirmed: true };
}

function absent(key: string, observed: Observed, name: string, memory: IdentityMemory): Observed {
  memory.secretGone(key, name);
  return { ...observed, secret: undefined, absenceConfirmed: true };
}

function previousSecret(
  key: string,
  identity: ServiceIdentity,
  name: string,
  deps: ObserveDeps,
): SecretMeta | undefined {
  const recorded = identity.status?.secret?.name;
  if (recorded === undefined || recorded === name) return undefined;
  return deps.memory.secret(key, recorded, deps.caches.secrets.get(`${identity.metadata.namespace}/${recorded}`));
}

function rivalsOf(key: string, secretKey: string, { caches, claimants }: ObserveDeps): Rival[] {
  const rivals: Rival[] = [];
  for (const other of claimants(secretKey)) {
    const rival = other === key ? undefined : caches.identities.get(other);
    if (rival === undefined || rival.metadata.deletionTimestamp !== undefined) continue;
    const { name, uid, creationTimestamp } = rival.metadata;
    rivals.push({ name, uid, creationTimestamp });
  }
  return rivals;
}
