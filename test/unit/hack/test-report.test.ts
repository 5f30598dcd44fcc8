// SPDX-License-Identifier: Apache-2.0
/** @module What the end of a test run says of what failed, from reports as vitest writes them. */
import { expect, it } from 'vitest';
import { failureLine, outcomeOf } from '../../../hack/test-report.ts';

const PASSED = { ancestorTitles: ['a cache'], title: 'is filled', status: 'passed', failureMessages: [] };

function report(...testResults: readonly object[]): string {
  return JSON.stringify({ numPassedTests: 3, numPendingTests: 2, numTodoTests: 1, testResults });
}

function file(more: object): object {
  return {
    name: '/repository/test/unit/a.test.ts',
    status: 'failed',
    message: '',
    assertionResults: [PASSED],
    ...more,
  };
}

it('counts, and names nothing where nothing failed', () => {
  expect(outcomeOf(report(file({ status: 'passed' })), '/repository')).toEqual({
    passed: 3,
    skipped: 3,
    failures: [],
  });
});

it('names each failed test by its file and titles, with the first line of its error', () => {
  const failureMessages = ['AssertionError: expected \u001b[32m1\u001b[39m to be 2\n    at here', 'another'];
  const nested = { ancestorTitles: ['', 'a cache', 'that is old'], title: 'is read', status: 'failed' };
  const assertionResults = [
    PASSED,
    { ...nested, failureMessages },
    { ...nested, title: 'is left', failureMessages: null },
  ];
  expect(outcomeOf(report(file({ assertionResults })), '/repository').failures).toEqual([
    'test/unit/a.test.ts > a cache > that is old > is read: AssertionError: expected 1 to be 2',
    'test/unit/a.test.ts > a cache > that is old > is left',
  ]);
});

it('names a file that did not load, or failed around its tests', () => {
  const message = 'SyntaxError: Unexpected token';
  expect(outcomeOf(report(file({ assertionResults: [], message })), '/repository').failures).toEqual([
    'test/unit/a.test.ts: SyntaxError: Unexpected token',
  ]);
});

it('takes no other text for a report', () => {
  expect(() => outcomeOf('{', '/repository')).toThrow();
  expect(() => outcomeOf('{}', '/repository')).toThrow();
});

it('keeps a failure to one line of bearable length', () => {
  const line = failureLine('a test', `\n${'x'.repeat(1000)}\nmore`);
  expect(line).toMatch(/^a test: x+\.\.\.$/);
  expect(line.length).toBeLessThan(300);
});
