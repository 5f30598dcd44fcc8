// SPDX-License-Identifier: Apache-2.0
/**
 * The imperative shell around one place of a bundle: look, plan, take one step, look again. Only the signer acts; every
 * write asks the gate first.
 * @module
 */
import type { BundleMeta } from '../../bundle/objects.ts';
import { type BundleAction, type BundleBlocked, type FoundObject, planBundle, READS } from '../../bundle/plan.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Result } from '../../controller/result.ts';
import { isSignetError, SignetError } from '../../errors.ts';
import { isLastingRefusal, kubeStatus } from '../../kube/kube-error.ts';
import { pacedUntil } from '../../rates/pacing.ts';
import { type Duration, MINUTE, SECOND } from '../../time.ts';
import { assertMaySign, type SigningGate } from '../signing-gate.ts';
import type { BundleCalls } from './calls.ts';
import type { BundleMemory } from './memory.ts';
import type { BundleTarget } from './targets.ts';

export interface BundleReconcilerDeps {
  readonly memory: BundleMemory;
  readonly gate: SigningGate;
  /** Whether a signing term is running: then a closed gate may open again, and nobody would look. */
  readonly inTerm: () => boolean;
  readonly clock: Clock;
  /** What should be there; undefined: leave it as it is. */
  readonly target: () => BundleTarget | undefined;
  /** Objects in the cache that say they belong there. */
  readonly cached: () => Iterable<BundleMeta>;
  readonly calls: BundleCalls;
  /** Name of the TrustDomain object. */
  readonly trustDomain: string;
  /** Something that status tells is different now. */
  readonly onChange: () => void;
}

/** Read, create over a name that is taken, read, heal, delete the old one, and some to spare. */
const MAX_STEPS = 8;
/** A foreign object is not watched; this is how long its end may go unnoticed. */
const RECHECK: Duration = MINUTE;
const CLOSED_RECHECK: Duration = 5 * SECOND;

/** What a run found out by reading, which the cache does not show yet. */
interface Live {
  readonly objects: Map<string, FoundObject | undefined>;
  readonly deleted: Set<string>;
}

export async function reconcileBundle(key: string, deps: BundleReconcilerDeps): Promise<Result> {
  if (deps.gate.refusal() !== undefined) return deps.inTerm() ? { requeueAfter: CLOSED_RECHECK } : {};
  try {
    return await takeSteps(key, deps);
  } catch (error) {
    deps.memory.looked(key);
    throw error;
  }
}

async function takeSteps(key: string, deps: BundleReconcilerDeps): Promise<Result> {
  const live: Live = { objects: new Map(), deleted: new Set() };
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const target = deps.target();
    if (target === undefined) return {};
    deps.memory.begin(key);
    const name = target.wanted?.object.name;
    // Where a foreign object was met, it is looked for before anything is tried again.
    const met = deps.memory.blocked(key)?.reason === 'ObjectConflict';
    if (steps === 0 && met && name !== undefined) {
      const now = deps.clock.now();
      const until = pacedUntil(deps.memory.past(key).reads, now, READS);
      if (until !== undefined) return { requeueAfter: until - now };
      await look(key, name, live, deps);
    }
    const result = await takeStep(key, { target, live, deps });
    if (result !== 'next') return result;
  }
  throw new SignetError('ERR_KUBE_CONFLICT', 'a bundle changes faster than it can be read; it is tried again');
}

async function takeStep(key: string, attempt: Attempt): Promise<Result | 'next'> {
  const { target, live, deps } = attempt;
  const { memory, clock, trustDomain } = deps;
  const { exists, rival } = target;
  const wanted = target.wanted?.object;
  const found = observe(key, wanted?.name, live, deps);
  const plan = planBundle({ trustDomain, exists, wanted, found, rival, ...memory.past(key) }, clock.now());
  if (plan.read === true && wanted !== undefined) {
    await look(key, wanted.name, live, deps);
    return 'next';
  }
  if (plan.action !== undefined) {
    const outcome = await act(key, plan.action, attempt);
    if (outcome === 'gone') return {};
    return outcome === 'done' ? 'next' : settle(key, deps, { wanted: true, blocked: outcome });
  }
  const { blocked, requeueAfter = RECHECK } = plan;
  if (blocked !== undefined) return settle(key, deps, { wanted: true, blocked, requeueAfter });
  const inPlace = plan.waiting === true ? undefined : wanted?.digest;
  return settle(key, deps, { wanted: wanted !== undefined, inPlace });
}

/** What is there by cache, memory and our own reads, each object in its newest version. */
function observe(
  key: string,
  wantedName: string | undefined,
  live: Live,
  { memory, cached }: BundleReconcilerDeps,
): FoundObject[] {
  const metas = new Map([...cached()].map((meta) => [meta.name, meta]));
  const names = new Set(wantedName === undefined ? metas.keys() : [...metas.keys(), wantedName]);
  const found: FoundObject[] = [];
  for (const name of names) {
    const object = live.objects.has(name) ? live.objects.get(name) : memory.newest(key, name, metas.get(name));
    if (object !== undefined && !live.deleted.has(object.meta.uid)) found.push(object);
  }
  return found;
}

async function look(key: string, name: string, live: Live, deps: BundleReconcilerDeps): Promise<void> {
  const { memory, calls, clock } = deps;
  const found = await calls.read(name);
  // One that failed is held back by back-off, and nobody's edit was read.
  memory.reads(key, clock.now());
  live.objects.set(name, found);
  if (found?.meta.managed === true) memory.saw(key, found);
}

interface Attempt {
  readonly target: BundleTarget;
  readonly live: Live;
  readonly deps: BundleReconcilerDeps;
}

/** One write. Returns what a person has to mend; `gone`: the namespace is. What was outrun is read and decided anew. */
async function act(key: string, action: BundleAction, attempt: Attempt): Promise<BundleBlocked | 'gone' | 'done'> {
  const { target, live, deps } = attempt;
  const name = action.kind === 'Create' ? target.wanted?.object.name : action.meta.name;
  try {
    assertMaySign(deps.gate);
    await apply(key, action, attempt);
    return 'done';
  } catch (error) {
    if (action.kind === 'Create' && isNamespaceGone(error)) return 'gone';
    const outrun = isSignetError(error, 'ERR_KUBE_CONFLICT', 'ERR_KUBE_ALREADY_EXISTS', 'ERR_KUBE_NOT_FOUND');
    if (outrun && name !== undefined) {
      await look(key, name, live, deps);
      return 'done';
    }
    if (isLastingRefusal(error)) return { reason: 'WriteRefused', message: error.message };
    throw error;
  }
}

async function apply(key: string, action: BundleAction, { target, live, deps }: Attempt): Promise<void> {
  const { memory, calls, clock } = deps;
  const { wanted } = target;
  if (action.kind === 'Delete') {
    await calls.delete(action.meta);
    live.deleted.add(action.meta.uid);
    live.objects.delete(action.meta.name);
    return;
  }
  if (wanted === undefined) return;
  const { object, body } = wanted;
  const meta =
    action.kind === 'Create' ? await calls.create(object, body) : await calls.patch(action.meta, object, body);
  const immutable = action.kind === 'Patch' && action.immutable;
  memory.wrote(key, meta, { digest: object.digest, immutable });
  live.objects.delete(object.name);
  if (action.heals) memory.healed(key, clock.now());
}

function isNamespaceGone(error: unknown): boolean {
  const terminating = kubeStatus(error)?.causes.includes('NamespaceTerminating') === true;
  return terminating || isSignetError(error, 'ERR_KUBE_NOT_FOUND');
}

interface Settled {
  /** Whether anything should be there. */
  readonly wanted: boolean;
  /** Digest of the content that is. */
  readonly inPlace?: string | undefined;
  readonly blocked?: BundleBlocked;
  readonly requeueAfter?: Duration;
}

function settle(key: string, { memory, onChange }: BundleReconcilerDeps, settled: Settled): Result {
  const { wanted, inPlace, blocked, requeueAfter = RECHECK } = settled;
  if (wanted ? memory.settle(key, inPlace, blocked) : memory.forget(key)) onChange();
  return blocked === undefined ? {} : { requeueAfter };
}
