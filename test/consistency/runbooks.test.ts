// SPDX-License-Identifier: Apache-2.0
/**
 * What runbooks take over from elsewhere is what stands there: the time that is left by the rules, the reasons of those that
 * wait, the labels of the alert; and what they patch is taken whatever was asked for before.
 * @module
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runbookOf } from '../../hack/observability/rules/rule.ts';
import { alertsOf, ruleGroups } from '../../hack/observability/rules/rules.ts';
import { HELD_REASONS, IDENTITY_REASONS, type IdentityReason } from '../../src/api/conditions.ts';
import { ROOT, readPages } from '../support/docs/pages.ts';

const PAGES = [...readPages().values()].filter(({ file }) => file.startsWith('docs/runbooks/'));
const ALERTS = alertsOf(ruleGroups());
const TTLS = [15, 60, 1440];
/** Of the lifetime, at the end of the window of renewals and at its beginning. */
const LEFT = [0.4, 0.6] as const;
const OLD = 0.3;

function patienceOf(alert: string): number {
  return ALERTS.find((one) => one.alert === alert)?.for ?? NaN;
}

function textOf(alert: string): string {
  return readFileSync(path.join(ROOT, `docs/runbooks/${runbookOf(alert)}.md`), 'utf8');
}

function commandsOf(file: string): string[] {
  const page = PAGES.find((one) => one.file === file);
  return [...(page?.blocks ?? []).map(({ text }) => text), ...(page?.code ?? [])];
}

/** Minutes as people write them. */
function minutes(count: number): string {
  if (count >= 120) return `${Math.floor(count / 60)} h`;
  return Number.isInteger(count) ? `${count} min` : `${Math.floor(count)} min ${(count % 1) * 60} s`;
}

function range([least, most]: readonly [number, number]): string {
  const unit = least >= 120 ? 'h' : 'min';
  return `${minutes(least).split(' ')[0]} to ${minutes(most).split(' ')[0]} ${unit}`;
}

/** Minutes from the alert for late renewals until that share of the lifetime is left. */
function lateUntil(ttl: number, end: number): [number, number] {
  const late = Math.min(1, ttl / 10) + patienceOf('SignetRenewalsOverdue');
  return [(LEFT[0] - end) * ttl - late, (LEFT[1] - end) * ttl - late];
}

describe('the time that is left', () => {
  it('of an SVID that is old', () => {
    const left = TTLS.map((ttl) => minutes(OLD * ttl - patienceOf('SignetSurvivalLow')));
    expect(left).toEqual(['3 min 30 s', '17 min', '7 h']);
    expect(textOf('SignetSurvivalLow')).toContain(`| until the service fails | ${left.join(' | ')} |`);
    for (const one of left) expect(textOf('SignetSvidsExpired')).toContain(one);
  });

  it('of an SVID that is late', () => {
    const page = textOf('SignetRenewalsOverdue');
    const failing = TTLS.map((ttl) => range(lateUntil(ttl, 0)));
    expect(page).toContain(`| until the service fails | ${failing.join(' | ')} |`);
    // Of the shortest lifetime nothing is left, or half a minute.
    const [shortest, ...others] = TTLS.map((ttl) => lateUntil(ttl, OLD));
    expect(shortest?.[1]).toBeLessThan(1);
    expect(page).toContain(`speaks instead | at once | ${others.map(range).join(' | ')} |`);
  });
});

it('looks for every reason by which the alert counts identities that are held', () => {
  const { expr = '' } = ALERTS.find(({ alert }) => alert === 'SignetIdentitiesHeld') ?? {};
  const [, reasons = ''] = /state=~"([^"]+)"/u.exec(expr) ?? [];
  expect(textOf('SignetIdentitiesHeld').split(`grep -E 'PolicyViolation|${reasons}'`)).toHaveLength(3);
});

it('says of which of them alerts about expiry speak as well', () => {
  const { expr = '' } = ALERTS.find(({ alert }) => alert === 'SignetIdentitiesHeld') ?? {};
  const [, reasons = ''] = /state=~"([^"]+)"/u.exec(expr) ?? [];
  const told = Object.keys(IDENTITY_REASONS).filter((reason) => new RegExp(`^(?:${reasons})$`, 'u').test(reason));
  const renewed = told.filter((reason) => !HELD_REASONS.has(reason as IdentityReason));
  expect(renewed).toEqual(['WriteRefused']);
  expect(textOf('SignetIdentitiesHeld')).toContain('`WriteRefused` is the exception');
});

describe.each(PAGES.map(({ file }) => file))('%s', (file) => {
  it('names no TrustDomain of its own', () => {
    expect(
      commandsOf(file).filter((text) => /(?:td|trustdomain)[ /]default\b|\bdefault-\w+-authority/u.test(text)),
    ).toEqual([]);
  });

  it('asks for rotations that no earlier acknowledgement stands against', () => {
    const asked = commandsOf(file).filter((text) => /"rotation":\{"id"/u.test(text));
    expect(asked.filter((text) => !text.includes('"acknowledgeBroken":null'))).toEqual([]);
  });

  it('leaves the names of requests to the reader, or to the clock', () => {
    const names = commandsOf(file).flatMap((text) => [...text.matchAll(/"(?:id|renewRequest)":"([^"]*)"/gu)]);
    expect(names.map(([, name = '']) => name).filter((name) => !/^<[\w -]+>$|\$\(date /u.test(name))).toEqual([]);
  });
});
