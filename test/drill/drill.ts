// SPDX-License-Identifier: Apache-2.0
/**
 * A drill: a real Prometheus with our rules, sixty times as fast, beside controllers in trouble. It says which alerts fire
 * and runs what the runbook says, word for word but for names.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import { runCommand } from '../../hack/controlplane/command.ts';
import { type Prometheus, startPrometheus } from '../../hack/observability/prometheus.ts';
import { runbookOf } from '../../hack/observability/rules/rule.ts';
import { rulesFile } from '../../hack/observability/rules/rules.ts';
import type { World } from '../integration/stories/world.ts';
import { sharedControlPlane } from '../support/control-plane.ts';
import type { SignetProcess } from '../support/signet-process.ts';

/** Minutes of the rules are seconds, where a drill does not say otherwise. */
const SCALE = 60;
const LOOK_EVERY_MS = 250;
const RUNBOOKS = path.resolve(import.meta.dirname, '../../docs/runbooks');

export interface Drill {
  readonly prometheus: Prometheus;
  /** Alerts that fire now, those that only inform as well. */
  firing(): Promise<readonly string[]>;
  /** Waits until exactly these fire and gives back the seconds; an Error as soon as any other one does. */
  untilFiring(...alerts: readonly string[]): Promise<number>;
  /** Waits until nothing fires; an Error where anything did since the beginning that was not waited for. */
  untilQuiet(): Promise<number>;
  /** Stays quiet for as long. */
  staysQuiet(seconds: number): Promise<void>;
}

const PATIENCE_S = 180;

export async function startDrill(
  processes: Readonly<Record<string, SignetProcess>>,
  scale: number = SCALE,
): Promise<Drill> {
  const targets = await addressesOf(processes);
  const prometheus = await startPrometheus({ targets, rules: rulesFile(scale, '1s') });
  onTestFinished(() => prometheus.stop());
  const firing = async (): Promise<readonly string[]> => {
    const alerts = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
    return [...new Set(alerts.map(({ name }) => name))].toSorted();
  };
  const watch = async (expected: readonly string[], done: (names: readonly string[], seconds: number) => boolean) => {
    const begun = performance.now();
    for (;;) {
      const seconds = (performance.now() - begun) / 1000;
      const names = await firing();
      const others = names.filter((name) => !expected.includes(name));
      if (others.length > 0)
        throw new Error(`${others.join(', ')} fires, expected ${expected.join(', ') || 'nothing'}`);
      if (done(names, seconds)) return seconds;
      if (seconds > PATIENCE_S) throw new Error(`after ${PATIENCE_S} s only ${names.join(', ') || 'nothing'} fires`);
      await pause(LOOK_EVERY_MS);
    }
  };
  // Before the first scrape nothing is there, which is an alert of its own.
  await vi.waitFor(
    async () => {
      if ((await prometheus.query('signet:signers:sum')).length === 0) throw new Error('nothing was scraped yet');
      if ((await firing()).length > 0) throw new Error(`at the start ${(await firing()).join(', ')} fires`);
    },
    { timeout: PATIENCE_S * 1000, interval: 500 },
  );
  const begun = performance.now();
  const expected = new Set<string>();
  /** Also while nobody looked: a command was run, or something else was waited for. */
  const firedSince = async (): Promise<readonly string[]> => {
    const range = `${Math.max(1, Math.floor((performance.now() - begun) / 1000))}s`;
    const fired = await prometheus.query(`count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${range}]))`);
    return fired.map(({ metric }) => metric['alertname'] ?? '').toSorted();
  };
  return {
    prometheus,
    firing,
    untilFiring: async (...alerts) => {
      for (const alert of alerts) expected.add(alert);
      return told(`${alerts.join(' and ')} fired`, await watch(alerts, (names) => names.length === alerts.length));
    },
    untilQuiet: async () => {
      const seconds = told('nothing fires', await watch([...expected], (names) => names.length === 0));
      expect(await firedSince()).toEqual([...expected].toSorted());
      return seconds;
    },
    staysQuiet: async (seconds) => {
      await watch([], (_, passed) => passed >= seconds);
      expect(await firedSince()).toEqual([...expected].toSorted());
    },
  };
}

/** For whoever runs the drill. */
function told(what: string, seconds: number): number {
  console.log(`${what} after ${seconds.toFixed(0)} s`);
  return seconds;
}

/** A second controller, so that a standby is there; with the one that the world has begun with. */
export async function withStandby(
  world: World,
): Promise<{ readonly signer: SignetProcess; readonly standby: SignetProcess }> {
  const { signet: signer } = world;
  const standby = await world.start();
  await standby.untilReady();
  return { signer, standby };
}

/** Where Prometheus finds them. */
export async function addressesOf(processes: Readonly<Record<string, SignetProcess>>): Promise<Record<string, string>> {
  const entries = await Promise.all(
    Object.entries(processes).map(async ([name, signet]) => {
      const { port } = await signet.untilLogged('Serving probes and metrics');
      return [name, `127.0.0.1:${String(port)}`] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** Runs the commands in the section `Fix` of an alert's runbook, with the names of this place. */
export async function runFix(alert: string, names: Readonly<Record<string, string>>): Promise<void> {
  const page = await readFile(path.join(RUNBOOKS, `${runbookOf(alert)}.md`), 'utf8');
  const [, fix = ''] = /^## Fix\n([\s\S]*?)^## Prevention/mu.exec(page) ?? [];
  const blocks = [...fix.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gmu)].map(([, commands = '']) => commands);
  if (blocks.length === 0) throw new Error(`the runbook of ${alert} has no commands`);
  const { program, kubeconfig } = sharedControlPlane().kubectl;
  for (const block of blocks) {
    let script = block;
    for (const [from, to] of Object.entries(names)) script = script.replaceAll(from, to);
    const environment = {
      PATH: `${path.dirname(program)}:${process.env['PATH'] ?? ''}`,
      KUBECONFIG: kubeconfig,
      HOME: process.env['HOME'],
    };
    await runCommand('/bin/sh', ['-e', '-c', script], { environment });
  }
}
