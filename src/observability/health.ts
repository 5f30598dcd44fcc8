// SPDX-License-Identifier: Apache-2.0
/**
 * Whether the process is alive (else: restart it) and whether it is ready, each by named checks.
 * @module
 */

/** What is wrong, in words for an operator; undefined: nothing. */
type HealthCheck = () => string | undefined;
export type HealthChecks = Readonly<Record<string, HealthCheck>>;

export interface HealthReport {
  readonly healthy: boolean;
  readonly checks: readonly { readonly name: string; readonly problem: string | undefined }[];
}

/** Asks every check. One that throws has failed. No checks at all: healthy, for the question itself was answered. */
export function judge(checks: HealthChecks): HealthReport {
  const results = Object.entries(checks).map(([name, check]) => ({ name, problem: ask(check) }));
  return { healthy: results.every(({ problem }) => problem === undefined), checks: results };
}

/** One line for each check, as the API server writes its own, and the verdict. */
export function formatReport(name: string, { healthy, checks }: HealthReport): string {
  const lines = checks.map(({ name, problem }) =>
    problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
  );
  return `${[...lines, `${name} check ${healthy ? 'passed' : 'failed'}`].join('\n')}\n`;
}

function ask(check: HealthCheck): string | undefined {
  try {
    return check();
  } catch {
    return 'the check itself failed';
  }
}
