// SPDX-License-Identifier: Apache-2.0
/**
 * Prometheus and promtool: those of the machine where it has them (Debian's package `prometheus`), else built from
 * pinned Go modules into the user's cache.
 * @module
 */
import type { Environment } from '../controlplane/process.ts';
import { obtainProgram, onPath } from '../controlplane/programs.ts';
import type { Progress } from '../progress.ts';

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

const REMEDY =
  'Or install the package `prometheus` of your distribution, which holds both programs, so that they are on PATH.';

/** Finds or builds both; the Error of a failed build says what else can be done. */
export async function prometheusPrograms(environment: Environment, progress: Progress): Promise<PrometheusPrograms> {
  const prometheus = onPath('prometheus', environment);
  const promtool = onPath('promtool', environment);
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  try {
    return {
      prometheus: await obtainProgram('prometheus', environment, progress),
      promtool: await obtainProgram('promtool', environment, progress),
    };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${REMEDY}`, { cause: error });
  }
}
