// SPDX-License-Identifier: Apache-2.0
/**
 * Counts verdicts, so that a run can show what was judged: a suite that silently judged nothing would be green too.
 * @module
 */
import type { Verdicts } from '../../../hack/judges/judge-process.ts';

/** How often each judge accepted and refused. */
export class Tally {
  readonly #rows = new Map<string, { accepted: number; refused: number }>();

  /** Counts and returns the verdicts; the findings of the linter are one row, whatever the certificate's place. */
  count<T extends Verdicts>(verdicts: T): T {
    for (const [name, reason] of Object.entries(verdicts)) {
      const judge = name.replace(/-\d+$/u, '');
      const row = this.#rows.get(judge) ?? { accepted: 0, refused: 0 };
      this.#rows.set(judge, row);
      if (reason === '') row.accepted++;
      else row.refused++;
    }
    return verdicts;
  }

  accepted(judge: string): number {
    return this.#rows.get(judge)?.accepted ?? 0;
  }

  refused(judge: string): number {
    return this.#rows.get(judge)?.refused ?? 0;
  }

  /** A table for people. */
  print(title: string): void {
    const rows = [...this.#rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
    printTable(title, [
      ['judge', 'accepted', 'refused'],
      ...rows.map(([judge, { accepted, refused }]) => [judge, String(accepted), String(refused)]),
    ]);
  }
}

/** Writes a table, first row its head, past vitest's capture of the console so that it stands in every report. */
export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  );
  process.stdout.write(`\n${title}\n${lines.map((line) => `  ${line.trimEnd()}\n`).join('')}`);
}
