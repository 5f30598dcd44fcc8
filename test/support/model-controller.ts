// SPDX-License-Identifier: Apache-2.0
/**
 * The controller over a model cluster: decisions and memory are the real ones, the loop is the shell's, without
 * promises. Its caches can lag, its process can be restarted, and it keeps its timers.
 * @module
 */

import { sameJSON } from '../../src/api/equality.ts';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import { secretNameOf } from '../../src/api/service-identity-validation.ts';
import { isSignetError, SignetError } from '../../src/errors.ts';
import { NO_LOOKS } from '../../src/identity/looks.ts';
import { desiredFiles, desiredOwners, keptMetadata } from '../../src/identity/metadata.ts';
import type { Observed, SecretMeta } from '../../src/identity/observed.ts';
import type { Outcome } from '../../src/identity/outcome.ts';
import { type Action, type Plan, planIdentity } from '../../src/identity/plan.ts';
import { longestRetry } from '../../src/identity/renewal.ts';
import { nextStatus } from '../../src/identity/status.ts';
import { healed } from '../../src/rates/healing.ts';
import { IdentityMemory } from '../../src/reconcilers/service-identity/memory.ts';
import { keepable } from '../../src/reconcilers/service-identity/secret-meta.ts';
import { BACKDATE } from '../../src/spiffe/svid.ts';
import { type Instant, SECOND } from '../../src/time.ts';
import { SETTINGS } from './builders.ts';
import { contentOf, isWatched, type ModelCluster, type ModelSecret, merged } from './model-cluster.ts';
import { requeueOf } from './model-timers.ts';

type IssueAction = Extract<Action, { kind: 'IssueSVID' }>;

export class ModelController {
  readonly #cluster: ModelCluster;
  #memory = new IdentityMemory();
  #identities = new Map<string, ServiceIdentity>();
  #secrets = new Map<string, SecretMeta>();
  readonly #timers = new Map<string, Instant>();
  readonly #failures = new Map<string, number>();
  /** How many deletions of Secrets were heard of. */
  #heard = 0;

  constructor(cluster: ModelCluster) {
    this.#cluster = cluster;
    this.sync();
  }

  /** The watches catch up; Secrets are seen by their label only. */
  sync(): void {
    const { identities, secrets, gone } = this.#cluster;
    for (const { name, uid } of gone.slice(this.#heard)) {
      for (const identity of this.#identities.keys()) this.#memory.secretGone(identity, name, uid);
    }
    this.#heard = gone.length;
    for (const name of this.#identities.keys()) if (!identities.has(name)) this.#memory.forget(name);
    this.#identities = new Map(identities);
    const metas = [...secrets].map(([name, { meta }]) => [name, meta] as const);
    this.#secrets = new Map(metas.filter(([, meta]) => isWatched(meta)).map(([name, meta]) => [name, keepable(meta)]));
  }

  /** A new process: nothing is remembered, every cache is fresh, and every identity is looked at. */
  restart(): void {
    this.sync();
    this.takeOver();
  }

  /** A warm standby takes over: it remembers nothing, its caches are as they are, and every identity is looked at. */
  takeOver(): void {
    this.#memory = new IdentityMemory();
    this.#timers.clear();
    this.#failures.clear();
    this.runAll();
  }

  runAll(): void {
    for (const name of this.#identities.keys()) this.run(name);
  }

  nextTimer(): Instant {
    return Math.min(...this.#timers.values(), Number.MAX_SAFE_INTEGER);
  }

  runDue(): void {
    for (const [name, at] of this.#timers) if (at <= this.#cluster.now) this.run(name);
  }

  /** One reconcile run. */
  run(name: string): void {
    const { now } = this.#cluster;
    this.#timers.delete(name);
    const identity = this.#memory.identity(name, this.#identities.get(name));
    if (identity === undefined) {
      this.#memory.forget(name);
      return;
    }
    try {
      const plan = this.#reconcile(name, identity);
      this.#failures.delete(name);
      if (plan.requeueAfter !== undefined) this.#timers.set(name, now + plan.requeueAfter);
    } catch (thrown) {
      if (!(thrown instanceof SignetError)) throw thrown;
      const count = (this.#failures.get(name) ?? 0) + 1;
      this.#failures.set(name, count);
      const notAfter = Date.parse(identity.status?.notAfter ?? '');
      const longest = longestRetry(Number.isNaN(notAfter) ? undefined : notAfter, now);
      this.#timers.set(name, now + Math.min(longest, SECOND * 2 ** Math.min(count, 12)));
    }
  }

  #reconcile(name: string, identity: ServiceIdentity): Plan {
    const decided = this.#memory.decided(name, identity);
    let { observed, plan } = this.#decide(name, this.#observe(name, decided));
    if (plan.undecided === true) return plan;
    let { outcome, error } = this.#apply(name, observed, plan);
    if (isSignetError(error, 'ERR_KUBE_ALREADY_EXISTS')) {
      ({ observed, plan } = this.#decide(name, { ...this.#look(name, observed), looks: NO_LOOKS }));
      ({ outcome, error } = this.#apply(name, observed, plan));
    }
    const status = nextStatus(decided, outcome, this.#cluster.now);
    if (!sameJSON(identity.status, status)) {
      try {
        this.#memory.wroteIdentity(name, this.#cluster.writeStatus(identity, status));
      } catch (thrown) {
        if (isOutrun(thrown)) this.#memory.outrun(name, 'identity');
        if (outcome.written !== undefined) this.#memory.owesStatus(name, identity, status);
        throw thrown;
      }
    }
    if (error !== undefined) throw error;
    return { ...plan, ...requeueOf(plan, status, this.#cluster.now) };
  }

  #decide(name: string, initial: Observed): { observed: Observed; plan: Plan } {
    let observed = initial;
    for (let reads = 0; reads < 4; reads += 1) {
      const plan = planIdentity(observed, this.#cluster.now);
      if (plan.read === undefined) return { observed, plan };
      if (reads === 0) this.#memory.looked(name, this.#cluster.now);
      const seen = plan.read === 'previous' ? this.#lookBack(observed) : this.#look(name, observed, plan.read);
      observed = { ...seen, looks: NO_LOOKS };
    }
    throw new Error('the plan keeps asking for what was read');
  }

  #observe(name: string, identity: ServiceIdentity): Observed {
    const { namespace, trustDomain, serviceAccounts } = this.#cluster;
    const secretName = secretNameOf(identity);
    const recorded = identity.status?.secret?.name;
    const meta = this.#memory.secret(name, secretName, this.#secrets.get(secretName));
    const rivals = [...this.#identities.values()].filter(
      (other) => other.metadata.name !== name && secretNameOf(other) === secretName,
    );
    return {
      identity,
      settings: SETTINGS,
      namespace,
      serviceAccountExists: serviceAccounts.has(identity.spec.serviceAccountName),
      trustDomain,
      secret: meta === undefined ? undefined : { meta, content: this.#memory.content(name, meta) },
      absenceConfirmed: false,
      previousSecret:
        recorded === undefined || recorded === secretName
          ? undefined
          : this.#memory.secret(name, recorded, this.#secrets.get(recorded)),
      rivals: rivals.map(({ metadata }) => metadata),
      previousConfirmed: false,
      healing: this.#memory.healing(name),
      pace: this.#memory.pace(name),
      looks: this.#memory.looks(name),
    };
  }

  /** A live read. */
  #look(name: string, observed: Observed, read?: Plan['read']): Observed {
    const secretName = secretNameOf(observed.identity);
    const found = this.#cluster.secrets.get(secretName);
    if (found === undefined) {
      this.#memory.secretGone(name, secretName);
      return { ...observed, secret: undefined, absenceConfirmed: true };
    }
    const { meta } = found;
    if (isWatched(meta)) this.#memory.sawSecret(name, meta);
    if (read === 'content') this.#memory.inspected(name, meta, contentOf(found));
    return { ...observed, secret: { meta, content: this.#memory.content(name, meta) }, absenceConfirmed: true };
  }

  #lookBack(observed: Observed): Observed {
    const recorded = observed.identity.status?.secret?.name ?? '';
    return { ...observed, previousSecret: this.#cluster.secrets.get(recorded)?.meta, previousConfirmed: true };
  }

  #lookAgain(name: string, observed: Observed): void {
    this.#memory.outrun(name, 'secrets');
    this.#look(name, observed);
  }

  #apply(name: string, observed: Observed, plan: Plan): { outcome: Outcome; error: SignetError | undefined } {
    let outcome: Outcome = { plan, ...(observed.secret === undefined ? {} : { secret: observed.secret.meta }) };
    for (const action of plan.actions) {
      try {
        outcome = { ...outcome, ...this.#act(name, observed, action) };
      } catch (thrown) {
        if (!(thrown instanceof SignetError)) throw thrown;
        if (isOutrun(thrown)) this.#lookAgain(name, observed);
        const refused = isSignetError(thrown, 'ERR_KUBE_INVALID');
        const failure = refused ? { failure: { reason: 'WriteRefused' as const, message: thrown.message } } : {};
        return { outcome: { ...outcome, ...failure }, error: thrown };
      }
    }
    return { outcome, error: undefined };
  }

  #act(name: string, observed: Observed, action: Action): Partial<Outcome> {
    if (action.kind === 'DeleteSecret') {
      this.#cluster.guard('delete');
      this.#cluster.remove(action.secret);
      this.#cluster.log.push({ at: this.#cluster.now, call: 'delete', identity: name, secretUID: action.secret.uid });
      return { released: true };
    }
    const done = action.kind === 'IssueSVID' ? this.#issue(name, observed, action) : this.#patch(name, action);
    if (action.kind === 'IssueSVID' ? action.heals : action.patch.heals)
      this.#memory.healed(name, healed(this.#memory.healing(name), this.#cluster.now));
    if (action.kind === 'IssueSVID' && action.follows) this.#memory.paced(name, this.#cluster.now);
    if (action.kind === 'IssueSVID') this.#memory.issued(name);
    this.#memory.sawSecret(name, done.written);
    return done;
  }

  #issue(name: string, observed: Observed, action: IssueAction): { written: SecretMeta; issued: Outcome['issued'] } {
    const { now, trustDomain } = this.#cluster;
    const { desired, existing, recreate, reason, heals, follows } = action;
    const { spiffeID, dnsNames, subject, algorithm, ttl } = desired.svid;
    const second = Math.floor(now / SECOND) * SECOND;
    const serial = String(this.#cluster.serial());
    const facts = {
      spiffeID,
      serialNumber: serial,
      fingerprint: `f${serial}`,
      authorityID: trustDomain?.authority?.id ?? '',
      notBefore: second - BACKDATE,
      notAfter: second + ttl,
    };
    const call = existing === undefined ? 'create' : 'replace';
    this.#cluster.guard(call);
    const found = this.#cluster.secrets.get(desired.secret.name);
    if (existing !== undefined && recreate) this.#cluster.remove(existing);
    const files = desiredFiles(desired);
    const secret: ModelSecret = {
      meta: {
        namespace: 'shop',
        name: desired.secret.name,
        uid: '',
        resourceVersion: '',
        ...keptMetadata(existing, desired),
        ownerReferences: desiredOwners(observed.identity, existing, desired),
        deleting: false,
      },
      type: 'kubernetes.io/tls',
      immutable: false,
      svid: { ...facts, dnsNames, subject, algorithm },
      files: {
        anchors: files['ca.crt'] ?? undefined,
        clients: files['allowed-clients'] ?? undefined,
        servers: files['allowed-servers'] ?? undefined,
      },
      formatsComplete: true,
      issuedFor: desired.svidDigest,
    };
    const written = this.#cluster.store(secret, recreate ? undefined : existing);
    const living = new Set([...this.#cluster.identities.values()].map(({ metadata }) => metadata.uid));
    const knownIDs = trustDomain?.authority?.knownIDs ?? new Set();
    const issued = { reason, desired, found, uid: observed.identity.metadata.uid, knownIDs, living };
    this.#cluster.log.push({ at: now, call, identity: name, secretUID: written.uid, heals, follows, issued });
    return { written, issued: { facts, reason, clamped: false } };
  }

  #patch(name: string, { secret, patch }: Extract<Action, { kind: 'PatchSecret' }>): { written: SecretMeta } {
    this.#cluster.guard('patch');
    const existing = this.#cluster.secrets.get(secret.name);
    if (existing === undefined) throw new SignetError('ERR_KUBE_NOT_FOUND', 'the Secret is gone');
    const { labels, annotations, ownerReferences, files, heals } = patch;
    const file = (key: string, was: string | undefined) => (key in files ? (files[key] ?? undefined) : was);
    const meta = {
      ...existing.meta,
      labels: merged(existing.meta.labels, labels),
      annotations: merged(existing.meta.annotations, annotations),
      ownerReferences: ownerReferences ?? existing.meta.ownerReferences,
    };
    const changed = {
      anchors: file('ca.crt', existing.files.anchors),
      clients: file('allowed-clients', existing.files.clients),
      servers: file('allowed-servers', existing.files.servers),
    };
    const written = this.#cluster.store({ ...existing, meta, files: changed }, secret);
    this.#cluster.log.push({ at: this.#cluster.now, call: 'patch', identity: name, secretUID: written.uid, heals });
    return { written };
  }
}

function isOutrun(error: unknown): boolean {
  return isSignetError(error, 'ERR_KUBE_CONFLICT', 'ERR_KUBE_NOT_FOUND');
}
