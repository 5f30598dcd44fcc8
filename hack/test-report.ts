// SPDX-License-Identifier: Apache-2.0
/**
 * What a run of a vitest project came to, read from vitest's JSON report: counts, and a line for everything that failed.
 * @module
 */
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** The sum of a run or of several. */
export interface Outcome {
  passed: number;
  skipped: number;
  /** What failed, a line each: file, test and the first line of the error. */
  readonly failures: string[];
}

interface Report {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly TestFile[];
}

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly ancestorTitles: readonly string[];
    readonly title: string;
    readonly status: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}

/** Enough to know what happened; the whole error is above, where the test ran. */
const LONGEST = 240;

/** Reads a report; `root` is left out of the names of files. An Error for what is no report. */
export function outcomeOf(text: string, root: string): Outcome {
  const report = JSON.parse(text) as Report;
  return {
    passed: report.numPassedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap((file) => failuresIn(file, root)),
  };
}

/** One line, whatever the error says. */
export function failureLine(what: string, error: string): string {
  const [first = ''] = stripVTControlCharacters(error).trim().split('\n');
  const said = first.length > LONGEST ? `${first.slice(0, LONGEST)}...` : first;
  return said === '' ? what : `${what}: ${said}`;
}

function failuresIn({ name, status, message, assertionResults }: TestFile, root: string): string[] {
  const file = path.relative(root, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  // It did not load, or something around its tests failed.
  if (failed.length === 0) return status === 'failed' ? [failureLine(file, message)] : [];
  return failed.map(({ ancestorTitles, title, failureMessages }) => {
    const titles = [file, ...ancestorTitles.filter((ancestor) => ancestor !== ''), title];
    return failureLine(titles.join(' > '), failureMessages?.[0] ?? '');
  });
}
