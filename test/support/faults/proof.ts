// SPDX-License-Identifier: Apache-2.0
/**
 * The fault proof: many identities under renewal, three controllers, a control plane of its own, and one fault after the
 * other, chosen by a seed, while a witness watches the store.
 * @module
 */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ControlPlane, startControlPlane } from '../../../hack/controlplane/control-plane.ts';
import { silentProgress } from '../../../hack/progress.ts';
import type { RotationAction } from '../../../src/api/trust-domain.ts';
import { type Cluster, openCluster } from '../cluster.ts';
import { chance } from '../handshakes/seed.ts';
import { createDemand, type Demand } from './demand.ts';
import { FAULTS, type FaultName, rollingRestart, type Scene } from './faults.ts';
import { createReplicas, pidOf, type Replicas } from './replicas.ts';
import { type HandOver, Witness } from './witness.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const HOME = 'signet-system';
const NAMESPACE = 'fleet';
const ACCOUNT = 'fleet';
const CREATORS = 16;
/** A renewal that takes longer than this after a fault has passed is still waited for, and everything else with it. */
const GRACE_MS = 2000;

/** How fast a Lease is noticed to be left. */
const LEASES = {
  default: [],
  fast: ['--lease-duration=4s', '--lease-renew-deadline=3s', '--lease-retry-period=1s'],
} as const satisfies Record<string, readonly string[]>;
type LeaseName = keyof typeof LEASES;

/** Rounds under one setting of the Lease. */
export interface Stage {
  readonly lease: LeaseName;
  readonly rounds: number;
}

export interface ProofOptions {
  readonly seed: string;
  readonly identities: number;
  /** Lifetime of every SVID. */
  readonly ttl: string;
  readonly stages: readonly Stage[];
  /** All there are by default. */
  readonly faults?: readonly FaultName[];
  readonly log: (line: string) => void;
}

/** One measured hand-over, in ms from the last write of one holder to the first of the next. */
export interface Measured {
  readonly lease: LeaseName;
  /** `roll`: a graceful stop in a rolling restart, with a next holder that has just begun. */
  readonly kind: 'kill' | 'stop' | 'roll';
  readonly took: number;
}

export interface ProofReport {
  readonly seed: string;
  readonly identities: number;
  readonly rounds: number;
  readonly issuances: number;
  readonly handOvers: number;
  readonly violations: readonly string[];
  /** Issued before its renewal was due. */
  readonly early: readonly string[];
  /** How often users asked for a new SVID; each time it was issued, or the proof had rejected. */
  readonly requests: number;
  /** Issued a second time for one request of a user. */
  readonly twice: readonly string[];
  /** Stored when their issuer did not hold the Lease any more. */
  readonly late: readonly string[];
  readonly failovers: readonly Measured[];
  /** The least that was ever left of an SVID at the end of a round, in ms. */
  readonly leastLeft: number;
}

interface Proof extends ProofOptions {
  readonly plane: ControlPlane;
  readonly cluster: Cluster;
  readonly replicas: Replicas;
  readonly witness: Witness;
  readonly failovers: Measured[];
  readonly demand: Demand;
}

/** Runs it; rejects when something never comes. What broke a rule is in the report. */
export async function proveFaults(options: ProofOptions): Promise<ProofReport> {
  const manifests = ['crds', 'hack/manifests/controller.yaml'].map((file) => path.join(ROOT, file));
  const plane = await startControlPlane({ local: true, progress: silentProgress(), manifests });
  const socketPath = path.join(plane.directory, 'etcd.sock');
  const witness = await Witness.start({ socketPath, home: HOME, namespace: NAMESPACE });
  const cluster = await openCluster(plane.kubeconfig);
  const kubeconfig = await plane.serviceAccountKubeconfig({ namespace: HOME, name: 'signet-controller' });
  const names = Array.from({ length: options.identities }, (_, index) => nameOf(index));
  const demand = createDemand({ cluster, namespace: NAMESPACE, names });
  const { server, directory } = plane;
  const replicas = await createReplicas({ namespace: HOME, kubeconfig, server, directory, count: 3 });
  const proof: Proof = { ...options, plane, cluster, replicas, witness, failovers: [], demand };
  try {
    return await rounds(proof);
  } catch (error) {
    await explain(proof);
    throw error;
  } finally {
    witness.stop();
    await replicas.close();
    await cluster.close();
    await plane.stop();
  }
}

async function rounds(proof: Proof): Promise<ProofReport> {
  const { seed, stages, replicas, witness } = proof;
  const deck = dealer(seed, proof.faults ?? (Object.keys(FAULTS) as FaultName[]));
  const leases = stages.flatMap(({ lease, rounds: count }) => Array.from({ length: count }, () => lease));
  let done = 0;
  let leastLeft = Number.POSITIVE_INFINITY;
  for (const [index, lease] of leases.entries()) {
    const scene = sceneOf(proof, lease);
    if (index === 0) await begin(proof, scene.flags);
    else if (lease !== leases[index - 1]) {
      await rollingRestart(scene);
      await settle(proof);
    }
    await playRound({ ...proof, number: index + 1, fault: deck(), lease }, scene);
    done += 1;
    leastLeft = Math.min(leastLeft, witness.ledger.leastLeft(Date.now()));
    if (witness.violations.length > 0) break;
  }
  const { ledger, tenures } = witness;
  await Promise.all(replicas.all.map(({ process }) => process.stop()));
  return {
    seed,
    identities: proof.identities,
    rounds: done,
    issuances: ledger.issuances.length,
    handOvers: new Set(tenures.map(({ holder }) => holder)).size - 1,
    violations: witness.violations,
    early: ledger.early,
    requests: ledger.requests,
    twice: ledger.twice,
    late: await lateOnes(proof),
    failovers: proof.failovers,
    leastLeft,
  };
}

interface Round extends Proof {
  readonly number: number;
  readonly fault: FaultName;
  readonly lease: LeaseName;
}

async function playRound(round: Round, scene: Scene): Promise<void> {
  const { seed, number, fault, lease, log, witness } = round;
  const rotation = number % 2 === 1 ? await rotate(round, number) : 'no rotation';
  await pause(3000 * chance(seed, number, 'pause'));
  const started = performance.now();
  log(`seed ${seed}, round ${number}: ${fault} begins`);
  await FAULTS[fault]({ ...scene, chance: chance(seed, number, 'fault') });
  await settle(round);
  const took = ((performance.now() - started) / 1000).toFixed(1);
  log(`seed ${seed}, round ${number}: ${fault}, ${lease} Lease, ${rotation}: ${took} s; ${witness.describe()}`);
}

/** What those say who are not well, because their logs go with the control plane. */
async function explain({ cluster, log, replicas, witness }: Proof): Promise<void> {
  for (const violation of witness.violations.slice(0, 10)) log(violation);
  for (const name of witness.ledger.overdueNames(Date.now(), GRACE_MS).slice(0, 3)) {
    const identity = await cluster.get({ kind: 'ServiceIdentity', namespace: NAMESPACE, name });
    const secret = await cluster.get({ kind: 'Secret', namespace: NAMESPACE, name: `${name}-svid` });
    log(`${name}: Secret @${secret?.metadata.resourceVersion}, ${JSON.stringify(identity?.status)}`);
  }
  for (const { name, process } of replicas.all) {
    const lines = (await process.log()).filter(({ level }) => level !== 'info');
    for (const line of lines.slice(-12)) log(`${name}: ${JSON.stringify(line).slice(0, 600)}`);
  }
}

function sceneOf({ ttl, plane, replicas, witness, failovers, demand, log }: Proof, lease: LeaseName): Scene {
  const flags = [
    '--trust-domain=example.org',
    '--default-trust-domain-allowed-namespaces=all',
    '--default-trust-domain-min-ttl=20s',
    `--default-trust-domain-default-ttl=${ttl}`,
    `--default-trust-domain-max-ttl=${ttl}`,
    '--default-trust-domain-propagation-margin=5s',
    ...LEASES[lease],
  ];
  const measured = (kind: Measured['kind'], { lastWrite, firstWrite }: HandOver): void => {
    const took = firstWrite - lastWrite;
    failovers.push({ lease, kind, took });
    log(`  ${kind}: from the last write to the first one of the next holder ${took} ms`);
  };
  return { plane, replicas, witness, flags, demand: () => demand.begin(), measured, chance: 0 };
}

function nameOf(index: number): string {
  return `identity-${index + 1}`;
}

/** Three controllers, and everybody has an SVID. */
async function begin(proof: Proof, flags: readonly string[]): Promise<void> {
  const { cluster, identities, replicas, witness } = proof;
  await cluster.create({ kind: 'Namespace', metadata: { name: NAMESPACE } });
  await cluster.create({ kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } });
  for (const replica of replicas.all) await replica.start(flags);
  let next = 0;
  const creator = async (): Promise<void> => {
    while (next < identities) {
      const metadata = { name: nameOf(next), namespace: NAMESPACE };
      next += 1;
      await cluster.create({ kind: 'ServiceIdentity', metadata, spec: { serviceAccountName: ACCOUNT } });
    }
  };
  await Promise.all(Array.from({ length: CREATORS }, creator));
  await witness.until(() => witness.ledger.size === identities, 'an SVID for everybody', 600_000);
  await settle(proof);
}

/** What is due was renewed, what was asked for was issued, and everybody is ready for the next fault. */
async function settle({ demand, replicas, witness }: Proof): Promise<void> {
  await Promise.all([demand.asked(), ...replicas.all.map(({ process }) => process.untilReady())]);
  const calm = (): boolean => witness.holder !== undefined && witness.ledger.overdue(Date.now(), GRACE_MS) === 0;
  await witness.until(() => calm() && witness.unanswered === 0, 'the renewal of everything that is due or asked for');
  witness.forget();
}

/** Asks for a rotation, of the root where the last one of a root is over. */
async function rotate({ cluster }: Proof, round: number): Promise<string> {
  const ref = { kind: 'TrustDomain', name: 'default' } as const;
  const { status } = (await cluster.get(ref)) ?? {};
  const busy = status?.rotation?.state === 'InProgress';
  const roots = status?.authorities?.filter(({ kind }) => kind === 'Root').length ?? 0;
  const action: RotationAction = busy || roots > 1 ? 'RotateIntermediate' : 'RotateRoot';
  await cluster.patch(ref, { spec: { rotation: { id: `round-${round}`, action, reason: 'fault proof' } } });
  return action;
}

/** Faults by chance, each once before any comes again. */
function dealer(seed: string, faults: readonly FaultName[]): () => FaultName {
  let dealt = 0;
  let deck: FaultName[] = [];
  return () => {
    if (deck.length === 0) deck = [...faults];
    dealt += 1;
    const [fault] = deck.splice(Math.floor(chance(seed, 'deck', dealt) * deck.length), 1);
    if (fault === undefined) throw new Error('There are no faults to choose from');
    return fault;
  };
}

/** What was stored in somebody else's tenure. Lines of a log that a SIGKILL cut off tell nothing. */
async function lateOnes({ replicas, witness }: Proof): Promise<string[]> {
  const issuers = await replicas.issuers();
  return witness.ledger.issuances.flatMap(({ name, serial, revision }) => {
    const issuer = issuers.get(serial);
    const holder = witness.holderAt(revision);
    return issuer === undefined || issuer === pidOf(holder)
      ? []
      : [`${name}@${revision}: by ${issuer}, held by ${holder}`];
  });
}
