// SPDX-License-Identifier: Apache-2.0
/** @module What an audit of the packages comes to, from what npm has said (test/unit/hack/audit/) and what was argued. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Advisory, advisoriesOf, judgeAudit, knownAdvisories } from '../../../hack/audit-report.ts';

const PRODUCTION = advisoriesOf(recorded('production'));
const EVERYTHING = advisoriesOf(recorded('everything'));

/** Of a project made for the purpose: minimist in production; braces and debug in development, and those that use them. */
function recorded(name: string): string {
  return readFileSync(path.join(import.meta.dirname, `audit/${name}.json`), 'utf8');
}

function argued(...ids: readonly string[]) {
  return ids.map((advisory) => ({ advisory, reason: 'never parses what a stranger wrote', reviewed: '2026-11-23' }));
}

function ids(advisories: readonly Advisory[]): string[] {
  return advisories.map(({ id }) => id);
}

describe('a report', () => {
  it('is read for its advisories, not for the packages that have one by way of another', () => {
    expect(PRODUCTION).toMatchObject([{ id: 'GHSA-xvch-5gv4-984h', package: 'minimist', severity: 'critical' }]);
    expect(ids(EVERYTHING)).toEqual(expect.arrayContaining(ids(PRODUCTION)));
    expect(new Set(ids(EVERYTHING)).size).toBe(EVERYTHING.length);
  });

  it('without a finding holds none', () => {
    expect(advisoriesOf(recorded('nothing'))).toEqual([]);
  });

  it('that is none says what npm said instead, and what to do', () => {
    expect(() => advisoriesOf(recorded('refused'))).toThrow(/^npm audit gave no report: .+\. Check that npm is 7/u);
    expect(() => advisoriesOf('npm error code E404')).toThrow('npm audit gave no report: npm error code E404. Check');
    // As npm 6 wrote it.
    expect(() => advisoriesOf('{"actions": [], "advisories": {}, "metadata": {}}')).toThrow('npm audit gave no report');
  });
});

describe('a weakness', () => {
  const severe = advisory('GHSA-aaaa-bbbb-cccc');
  const mild = { ...severe, severity: 'moderate' } as const;

  it('of production is a failure, however small', () => {
    const small = { ...severe, severity: 'low' } as const;
    expect(judgeAudit([small], [small], []).failures).toEqual([
      'GHSA-aaaa-bbbb-cccc (low, production): undici <9, too much is read: raise undici, or say in ' +
        'hack/known-advisories.json why it does no harm here',
    ]);
  });

  it('of development is one from high upwards, and noted below', () => {
    expect(judgeAudit([], [severe], []).failures).toHaveLength(1);
    expect(judgeAudit([], [mild], [])).toEqual({
      failures: [],
      notes: ['GHSA-aaaa-bbbb-cccc (moderate, development): undici <9, too much is read; below high'],
    });
  });

  it('that was argued is noted with the argument', () => {
    expect(judgeAudit([severe], [severe], argued(severe.id))).toEqual({
      failures: [],
      notes: [expect.stringMatching(/; argued on 2026-11-23: never parses what a stranger wrote$/u)],
    });
  });

  it('that was argued and is gone is a failure, so that no argument outlives it', () => {
    expect(judgeAudit([], [], argued('GHSA-aaaa-bbbb-cccc'))).toEqual({
      failures: ['GHSA-aaaa-bbbb-cccc is reported no more: take it out of hack/known-advisories.json'],
      notes: [],
    });
  });

  it('is one for each package that has it, of what npm recorded', () => {
    const { failures, notes } = judgeAudit(PRODUCTION, EVERYTHING, []);
    expect(failures.filter((text) => text.includes(', production)'))).toHaveLength(1);
    expect(failures.filter((text) => text.includes('(high, development)')).length).toBeGreaterThan(0);
    expect(notes.filter((text) => text.includes('(low, development)'))).toHaveLength(1);
    expect(failures.length + notes.length).toBe(EVERYTHING.length);
  });
});

describe('the file of arguments', () => {
  it('is read', () => {
    expect(knownAdvisories(JSON.stringify(argued('GHSA-aaaa-bbbb-cccc')))).toEqual(argued('GHSA-aaaa-bbbb-cccc'));
  });

  it.each([
    ['{}', 'hack/known-advisories.json is no list: give []'],
    [
      entry({ advisory: undefined }),
      'advisory of {"reason":"a reason","reviewed":"2026-11-23"} is missing: give its ID',
    ],
    [entry({ reason: ' ' }), 'is missing: say why the weakness does no harm here'],
    [entry({ reviewed: 'in spring' }), 'is no day: give one such as 2026-11-23'],
    [entry({ reviewed: '2026-02-30' }), 'is no day'],
    [JSON.stringify([...argued('GHSA-aaaa-bbbb-cccc'), ...argued('GHSA-aaaa-bbbb-cccc')]), 'is there twice'],
  ])('is not read as %s', (text, says) => {
    expect(() => knownAdvisories(text)).toThrow(says);
  });
});

function advisory(id: string): Advisory {
  return { id, package: 'undici', range: '<9', severity: 'high', title: 'too much is read' };
}

function entry(more: object): string {
  return JSON.stringify([{ advisory: 'GHSA-aaaa-bbbb-cccc', reason: 'a reason', reviewed: '2026-11-23', ...more }]);
}
