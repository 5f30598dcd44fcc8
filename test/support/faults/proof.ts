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
import { type Cluster, openCluster } from '../cluster.ts';
import { chance } from '../handshakes/seed.ts';
import { askRotation } from './ask-rotation.ts';
import { createDemand, type Demand } from './demand.ts';
import { explain } from './explain.ts';
import { FAULTS, type FaultName, OUTAGES, rollingRestart, type Scene, UNDER_WAY } from './faults.ts';
import { judgeHandOvers } from './hand-overs.ts';
import { judgeRound, type RoundVerdict } from './judge-round.ts';
import { LEASES, type LeaseName } from './leases.ts';
import { createReplicas, type Replicas } from './replicas.ts';
import { type Measured, type ProofReport, TOLD } from './report.ts';
import { type HandOver, Witness } from './witness.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const HOME = 'signet-system';
const NAMESPACE = 'fleet';
const ACCOUNT = 'fleet';
const CREATORS = 16;
/** A renewal that takes longer than this after a fault has passed is still waited for, and everything else with it. */
const GRACE_MS = 2000;
const MARGIN_MS = 5000;
/** A new root goes into every Secret in the order of expiry, and what is due has its turn among them; as two cores do it. */
const REWRITES_PER_SECOND = 150;
/** A rotation of the root that began in the last round ends when no SVID under the old one is valid any more. */
const ROTATION_GRACE_MS = 180_000;

/** Rounds under one setting of the Lease. */
export interface Stage {
  readonly lease: LeaseName;
  readonly rounds: number;
}

export interface ProofOptions {
  readonly seed: string;
  readonly identities: number;
  /** Lifetime of every SVID, in seconds. */
  readonly ttl: number;
  readonly stages: readonly Stage[];
  /** All there are by default. */
  readonly faults?: readonly FaultName[];
  readonly log: (line: string) => void;
}

interface Proof extends ProofOptions {
  readonly plane: ControlPlane;
  readonly cluster: Cluster;
  readonly replicas: Replicas;
  readonly witness: Witness;
  readonly failovers: Measured[];
  /** Of every part that is over, in their order. */
  readonly verdicts: RoundVerdict[];
  /** What is wrong about rotations when all rounds were played. */
  readonly rotationProblems: string[];
  readonly demand: Demand;
}

/** Runs it; rejects when something never comes. What broke a rule is in the report. */
export async function proveFaults(options: ProofOptions): Promise<ProofReport> {
  const manifests = ['crds', 'hack/manifests/controller.yaml'].map((file) => path.join(ROOT, file));
  const plane = await startControlPlane({ local: true, progress: silentProgress(), manifests });
  const socketPath = path.join(plane.directory, 'etcd.sock');
  const witness = await Witness.start({ socketPath, home: HOME, namespace: NAMESPACE, margin: MARGIN_MS });
  const cluster = await openCluster(plane.kubeconfig);
  const kubeconfig = await plane.serviceAccountKubeconfig({ namespace: HOME, name: 'signet-controller' });
  const names = Array.from({ length: options.identities }, (_, index) => nameOf(index));
  const demand = createDemand({ cluster, namespace: NAMESPACE, names });
  const { server, directory } = plane;
  const replicas = await createReplicas({ namespace: HOME, kubeconfig, server, directory, count: 3 });
  const found = { failovers: [], verdicts: [], rotationProblems: [] };
  const proof: Proof = { ...options, ...found, plane, cluster, replicas, witness, demand };
  try {
    const report = reportOf(proof, await rounds(proof));
    if (report.violations.length > 0) await explain(proof, NAMESPACE);
    return report;
  } catch (error) {
    for (const violation of violationsOf(proof).slice(0, TOLD)) options.log(violation);
    await explain(proof, NAMESPACE);
    throw error;
  } finally {
    witness.stop();
    await replicas.close();
    await cluster.close();
    await plane.stop();
  }
}

/** How many were played: all of them, or until something is broken. */
async function rounds(proof: Proof): Promise<number> {
  const { seed, stages, witness, ttl } = proof;
  const deck = dealer(seed, proof.faults ?? (Object.keys(FAULTS) as FaultName[]));
  const leases = stages.flatMap(({ lease, rounds: count }) => Array.from({ length: count }, () => lease));
  let last: LeaseName = leases[0] ?? 'default';
  await part(proof, { title: 'the beginning', lease: last }, () =>
    timed(() => begin(proof, sceneOf(proof, last).flags)),
  );
  for (const [index, lease] of leases.entries()) {
    const scene = sceneOf(proof, lease);
    if (lease !== last) await part(proof, { title: `to the ${lease} Lease`, lease: last }, () => rollingRestart(scene));
    last = lease;
    await playRound({ ...proof, number: index + 1, toCome: leases.length - index - 1, fault: deck(), lease }, scene);
    if (violationsOf(proof).length > 0) return index + 1;
  }
  const patience = 2000 * ttl + ROTATION_GRACE_MS;
  const over = (): boolean => !witness.rotations.inProgress;
  await part(proof, { title: 'the rest', lease: last }, () => witness.until(over, 'the end of the rotation', patience));
  proof.rotationProblems.push(...witness.rotations.problems(leases.length));
  return leases.length;
}

function reportOf(proof: Proof, played: number): ProofReport {
  const { seed, identities, witness, failovers, verdicts, rotationProblems } = proof;
  const { ledger, leases, rotations } = witness;
  const races = judgeHandOvers(ledger.issuances, leases.tenures);
  const lost = (kind: 'early' | 'twice'): string[] =>
    ledger.issuances.flatMap(({ where, race }) => (race === kind ? [where] : []));
  return {
    seed,
    identities,
    rounds: played,
    issuances: ledger.issuances.length,
    handOvers: races.handOvers,
    handedOver: races.issuances,
    violations: [...violationsOf(proof), ...races.violations, ...rotationProblems],
    early: lost('early'),
    requests: ledger.requests,
    twice: lost('twice'),
    late: verdicts.flatMap(({ late }) => late),
    failovers,
    leastLeft: Math.min(...verdicts.map(({ leastLeft }) => leastLeft)),
    overdue: Math.max(...verdicts.map(({ overdue }) => overdue)),
    rotations: { root: rotations.completed('RotateRoot'), intermediate: rotations.completed('RotateIntermediate') },
  };
}

function violationsOf({ witness, verdicts }: Proof): string[] {
  return [...witness.violations, ...verdicts.flatMap(({ violations }) => violations)];
}

interface Part {
  readonly title: string;
  readonly lease: LeaseName;
  /** As in a round. */
  readonly underWay?: number;
}

/**
 * Does something, waits until all is well again, and judges what was stored meanwhile. What is done says for how many ms
 * nothing could be stored.
 */
async function part(
  proof: Proof,
  { title, lease, underWay = 0 }: Part,
  act: () => Promise<number | void>,
): Promise<void> {
  const { seed, identities, log, ttl, verdicts, witness } = proof;
  const { ledger, leases, rotations } = witness;
  const began = Date.now();
  const from = ledger.issuances.length;
  const started = performance.now();
  const outage = (await act()) ?? 0;
  await settle(proof);
  const took = ((performance.now() - started) / 1000).toFixed(1);
  const issuances = ledger.issuances.slice(from);
  const left = ledger.leastLeft(Date.now());
  const rewriting = rotations.publishedSince(began) ? (1000 * identities) / REWRITES_PER_SECOND : 0;
  const round = { title, lease: LEASES[lease], ttl: 1000 * ttl, issuances, left, outage, rewriting, underWay };
  const verdict = judgeRound(round, leases);
  verdicts.push(verdict);
  const { overdue, overstay, late } = verdict;
  const stay = issuances.length === 0 ? '' : ` and ${overstay} ms after the deadline of the Lease`;
  const figures = `${issuances.length} issued, at most ${overdue} ms after the plan${stay}, ${late.length} late`;
  log(`seed ${seed}, ${title}: ${took} s; ${figures}; ${witness.describe()}`);
}

/** How long it takes, in ms. */
async function timed(act: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await act();
  return Math.round(performance.now() - started);
}

interface Round extends Proof {
  readonly number: number;
  /** How many rounds come after it. */
  readonly toCome: number;
  readonly fault: FaultName;
  readonly lease: LeaseName;
}

async function playRound(round: Round, scene: Scene): Promise<void> {
  const { cluster, seed, number, toCome, fault, lease, log } = round;
  const rotation = number % 2 === 1 ? await askRotation(cluster, number, toCome) : 'no rotation';
  const title = `round ${number}: ${fault}, ${lease} Lease, ${rotation}`;
  await part(round, { title, lease, underWay: UNDER_WAY[fault] ?? 0 }, async () => {
    await pause(3000 * chance(seed, number, 'pause'));
    log(`seed ${seed}, round ${number}: ${fault} begins`);
    const took = await timed(() => FAULTS[fault]({ ...scene, chance: chance(seed, number, 'fault') }));
    return OUTAGES.includes(fault) ? took : 0;
  });
}

function sceneOf({ ttl, plane, cluster, replicas, witness, failovers, demand, log }: Proof, lease: LeaseName): Scene {
  const flags = [
    '--trust-domain=example.org',
    '--default-trust-domain-allowed-namespaces=all',
    '--default-trust-domain-min-ttl=20s',
    `--default-trust-domain-default-ttl=${ttl}s`,
    `--default-trust-domain-max-ttl=${ttl}s`,
    `--default-trust-domain-propagation-margin=${MARGIN_MS / 1000}s`,
    ...LEASES[lease].flags,
  ];
  const measured = (kind: Measured['kind'], { to, lastWrite, firstWrite }: HandOver): void => {
    const took = firstWrite - lastWrite;
    failovers.push({ lease, kind, took });
    const won = to.at - lastWrite;
    log(`  ${kind}: from the last write to the first one of the next holder ${took} ms, of the Lease ${won} ms`);
  };
  const mayHold = async (may: boolean): Promise<void> => {
    const verbs = ['get', 'watch', ...(may ? ['create', 'update'] : [])];
    const rules = [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs }];
    await cluster.patch({ kind: 'Role', namespace: HOME, name: 'signet-controller' }, { rules });
  };
  return { plane, replicas, witness, flags, demand: () => demand.begin(), mayHold, measured, chance: 0 };
}

function nameOf(index: number): string {
  return `identity-${index + 1}`;
}

/** Three controllers, everybody has an SVID, and renewals have begun: before that a fault has nothing to keep from anybody. */
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
  await witness.until(() => witness.ledger.issuances.length > 1.1 * identities, 'the first renewals', 600_000);
}

/** What is due was renewed, what was asked for was issued, and everybody is ready for the next fault. */
async function settle({ demand, replicas, witness }: Proof): Promise<void> {
  await Promise.all([demand.asked(), ...replicas.all.map(({ process }) => process.untilReady())]);
  const { ledger, rotations } = witness;
  const calm = (): boolean => witness.holder !== undefined && ledger.overdue(Date.now(), GRACE_MS).length === 0;
  const answered = (): boolean => witness.unanswered === 0 && rotations.unanswered === 0;
  await witness.until(() => calm() && answered(), 'everything that is due or asked for');
  witness.forget();
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
