// SPDX-License-Identifier: Apache-2.0
/**
 * What the simulation came to, as its tests record it in docs/simulation/, and the tables that show it: what it is given,
 * what it foretells of that which was measured, and the lives of fleets that fit no machine of ours.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Rows, rounded, rowOf } from './fill.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../docs/simulation');

/** Rows of docs/benchmarks.json that the costs come from, by cost, and the rates foretold from them, by row. */
export interface PredictionRecord {
  readonly inputs: Readonly<Record<string, string>>;
  /** SVIDs a second. */
  readonly predicted: Readonly<Record<string, number>>;
}

export interface PhaseRecord {
  readonly seconds: number;
  readonly issued: number;
  readonly writes: number;
  /** Most writes in any second. */
  readonly peak: number;
  readonly latenessSeconds: number;
  /** SVIDs that had ended before the next was stored. */
  readonly expired: number;
  /** Most identities that waited. */
  readonly backlog: number;
  /** Until nothing waited any more; null: that was never so. */
  readonly drainedSeconds: number | null;
}

export interface StoryRecord {
  readonly size: number;
  readonly ttlHours: number;
  /** As they were, in milliseconds: those of other benchmarks make this record one of the past. */
  readonly costs: Readonly<Record<string, number>>;
  readonly phases: Readonly<Record<'created' | 'renewed' | 'afterOutage' | 'compromised' | 'slow', PhaseRecord>>;
}

/** In the order of the table. */
export const STORIES = ['hour-100000', 'hour-slow', 'day-1000000'] as const;
type StoryName = (typeof STORIES)[number];

/** Where the tests keep a record. */
export function recordFile(name: StoryName | 'predictions'): string {
  return path.join(FOLDER, `${name}.json`);
}

export async function storedPredictions(): Promise<PredictionRecord> {
  return JSON.parse(await readFile(recordFile('predictions'), 'utf8')) as PredictionRecord;
}

export async function storedStory(name: StoryName): Promise<StoryRecord> {
  return JSON.parse(await readFile(recordFile(name), 'utf8')) as StoryRecord;
}

const INPUTS: Readonly<Record<string, string>> = {
  create: 'API server and etcd, for the Secret and the status of a first issuance',
  replace: 'the same for a renewal',
  signing: "the signer's CPU for an issuance",
  signingAndPatching: 'its CPU for an issuance and, later, for other anchors in the same Secret',
  alone: 'from creation to Ready while nothing else is written',
};

export function inputsTable({ inputs }: PredictionRecord, rows: Rows): string[] {
  const lines = Object.entries(inputs).map(([cost, row]) => {
    const meaning = INPUTS[cost];
    if (meaning === undefined) throw new Error(`nothing says what the input ${cost} of the simulation is`);
    const { value, unit } = rowOf(rows, row);
    return `| ${meaning} | \`${row}\` | ${Number(value.toPrecision(3))} ${unit} |`;
  });
  return ['| given to the simulation | row | |', '|---|---|---|', ...lines];
}

export function predictionsTable({ predicted }: PredictionRecord, rows: Rows): string[] {
  const lines = Object.entries(predicted).map(([id, rate]) => {
    const { value, unit } = rowOf(rows, id);
    return `| \`${id}\` | ${rounded(rate)} ${unit} | ${rounded(value)} ${unit} | ${(rate / value).toFixed(2)} x |`;
  });
  return ['| foretold, and measured | simulation | measured | |', '|---|---|---|---|', ...lines];
}

type Told = (phase: PhaseRecord, story: StoryRecord) => string;
const EVENTS: readonly (readonly [event: string, of: keyof StoryRecord['phases'], told: Told])[] = [
  [
    'all created at once',
    'created',
    (phase) => `${span(phase.drainedSeconds)}, ${rounded(phase.writes / phase.seconds)} writes/s`,
  ],
  [
    'renewals while nothing else happens',
    'renewed',
    (phase) => `up to ${phase.peak} writes/s, ${late(phase)}, ${ended(phase)}`,
  ],
  [
    '4 h without a controller',
    'afterOutage',
    (phase, { size }) =>
      phase.expired === size
        ? `everything has ended; all anew in ${span(phase.drainedSeconds)}`
        : `${count(phase.issued)} come due; renewed in ${span(phase.drainedSeconds)}, ${ended(phase)}`,
  ],
  ['compromise of the root', 'compromised', (phase) => `all replaced in ${span(phase.drainedSeconds)}`],
  [
    'etcd, and with it every write, at 20 % of its speed',
    'slow',
    (phase) => `within ${span(phase.seconds)} ${late(phase)}, ${ended(phase)}`,
  ],
];

export function storiesTable(stories: readonly StoryRecord[]): string[] {
  const heads = stories.map(({ size, ttlHours }) => `${count(size)} identities of ${ttlHours} h`);
  const lines = EVENTS.map(([event, of, told]) => [event, ...stories.map((story) => told(story.phases[of], story))]);
  const cells = [['event', ...heads], ['', ...heads].map(() => '---'), ...lines];
  return cells.map((line) => `| ${line.join(' | ')} |`);
}

function count(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}

function span(seconds: number | null): string {
  if (seconds === null) return 'no time that was seen';
  if (seconds < 120) return `${rounded(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 180 ? `${minutes.toFixed(0)} min` : `${rounded(minutes / 60)} h`;
}

function late({ latenessSeconds }: PhaseRecord): string {
  return latenessSeconds < 60 ? 'none late by a minute' : `renewals up to ${span(latenessSeconds)} late`;
}

function ended({ expired, issued }: PhaseRecord): string {
  return expired === 0 ? 'none ends' : `one SVID in ${rounded(issued / expired)} ends`;
}
