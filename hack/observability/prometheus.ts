// SPDX-License-Identifier: Apache-2.0
/**
 * A real Prometheus on the loopback interface that scrapes a few targets every second and evaluates our rules: for tests
 * and drills. Its data and its process end with it.
 * @module
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort } from '../controlplane/ports.ts';
import { logTail, Supervisor } from '../controlplane/process.ts';
import { silentProgress } from '../progress.ts';
import { prometheusPrograms } from './programs.ts';

export interface PrometheusOptions {
  /** `host:port` by the name of the instance. */
  readonly targets: Readonly<Record<string, string>>;
  /** The content of a rule file. */
  readonly rules?: string;
  /** Scraped as well, for what it counts of our ValidatingAdmissionPolicies. */
  readonly apiServer?: ScrapedServer;
}

export interface ScrapedServer {
  readonly server: string;
  readonly caFile: string | undefined;
  /** Of whoever may read /metrics. */
  readonly token: string;
}

/** One series of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One series of a range query: seconds since the epoch, and the value then. */
export interface SampleSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** In seconds since the epoch, `step` in seconds. */
export interface QueryRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface FiringAlert {
  readonly name: string;
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
}

export interface Prometheus {
  /** Scrapes these from now on, instead of those before. */
  retarget(targets: Readonly<Record<string, string>>): Promise<void>;
  /** An instant query; an Error with Prometheus' own words where it is not valid. */
  query(expr: string): Promise<readonly Sample[]>;
  /** A range query; values that are no number are left out. */
  range(expr: string, range: QueryRange): Promise<readonly SampleSeries[]>;
  alerts(): Promise<readonly FiringAlert[]>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;
const INTERVAL = '1s';

export async function startPrometheus({ targets, rules, apiServer }: PrometheusOptions): Promise<Prometheus> {
  const { prometheus } = await prometheusPrograms(process.env, silentProgress());
  const supervisor = Supervisor.create();
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-prometheus-'));
  supervisor.removeAtEnd(directory);
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const config = path.join(directory, 'prometheus.yaml');
  const targetsFile = path.join(directory, 'targets.json');
  if (rules !== undefined) await writeFile(path.join(directory, 'rules.yaml'), rules);
  const retarget = (to: Readonly<Record<string, string>>): Promise<void> =>
    writeFile(
      targetsFile,
      JSON.stringify(Object.entries(to).map(([instance, target]) => ({ targets: [target], labels: { instance } }))),
    );
  await retarget(targets);
  await writeFile(
    config,
    stringify({
      global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
      rule_files: rules === undefined ? [] : ['rules.yaml'],
      scrape_configs: [
        { job_name: 'signet', file_sd_configs: [{ files: ['targets.json'], refresh_interval: INTERVAL }] },
        ...(apiServer === undefined ? [] : [ofServer(apiServer)]),
      ],
    }),
    { mode: 0o600 },
  );
  const logFile = path.join(directory, 'prometheus.log');
  const program = await supervisor.start({
    name: 'prometheus',
    command: prometheus,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    logFile,
  });
  const get = async (where: string): Promise<Answer> => {
    const answer = await fetch(`${base}${where}`);
    return (await answer.json()) as Answer;
  };
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isReady(base))) {
    if (program.exit() !== undefined || performance.now() > deadline) {
      const end = logTail(logFile);
      await supervisor.close();
      throw new Error(`Prometheus did not become ready:\n${end}`);
    }
    await pause(100);
  }
  return {
    retarget,
    query: async (expr) => {
      const { status, error, data } = await get(`/api/v1/query?query=${encodeURIComponent(expr)}`);
      if (status !== 'success') throw new Error(`${expr}: ${error}`);
      return (data?.result ?? []).map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
    },
    range: async (expr, { start, end, step }) => {
      const { status, error, data } = await get(
        `/api/v1/query_range?query=${encodeURIComponent(expr)}&start=${start}&end=${end}&step=${step}`,
      );
      if (status !== 'success') throw new Error(`${expr}: ${error}`);
      return (data?.result ?? []).map(({ metric, values = [] }) => ({
        metric,
        points: values
          .map(([time, text]) => [time, Number(text)] as const)
          .filter(([, value]) => Number.isFinite(value)),
      }));
    },
    alerts: async () => {
      const { data } = await get('/api/v1/alerts');
      return (data?.alerts ?? []).map(({ labels, annotations, state }) => ({
        name: labels['alertname'] ?? '',
        state,
        labels,
        summary: annotations['summary'] ?? '',
      }));
    },
    stop: () => supervisor.close(),
  };
}

/** Not as often: an API server tells a hundred times as much as we do. */
function ofServer({ server, caFile, token }: ScrapedServer): object {
  return {
    job_name: 'apiserver',
    scheme: 'https',
    scrape_interval: '5s',
    scrape_timeout: '5s',
    authorization: { credentials: token },
    tls_config: caFile === undefined ? {} : { ca_file: caFile },
    static_configs: [{ targets: [new URL(server).host] }],
    metric_relabel_configs: [
      { source_labels: ['__name__'], regex: 'apiserver_validating_admission_policy_.+', action: 'keep' },
    ],
  };
}

/** As its HTTP API answers, as far as it is read. */
interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result?: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
    readonly alerts?: readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
      readonly state: 'pending' | 'firing';
    }[];
  };
}

async function isReady(base: string): Promise<boolean> {
  try {
    return (await fetch(`${base}/-/ready`)).ok;
  } catch {
    return false;
  }
}
