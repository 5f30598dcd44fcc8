// SPDX-License-Identifier: Apache-2.0
/** @module The cases as a file for `promtool test rules`. */
import { stringify } from 'yaml';
import { alertsOf, ruleGroups } from '../../../hack/observability/rules/rules.ts';
import { CASES, type Case } from './cases.ts';
import { HEALTHY, type World } from './healthy.ts';

/** Minutes of health before the trouble. */
const CALM = 10;

const ALERTS = alertsOf(ruleGroups());

/** Name and severity of what fires in a case. */
export function firing(fired: string): readonly [alert: string, severity: string] {
  const [alert = '', severity] = fired.split(' ');
  return [alert, severity ?? ALERTS.find((one) => one.alert === alert)?.severity ?? ''];
}

interface Expectation {
  readonly at: number;
  readonly fires: readonly string[];
}

/** `rules`: path of the rule file. */
export function promtoolFile(rules: string): string {
  const healthy = testOf('two healthy hours', { trouble: {}, after: 0, fires: [], quietAt: 0 }, [
    { at: 60, fires: [] },
    { at: 120, fires: [] },
  ]);
  const troubled = Object.entries(CASES).map(([name, one]) =>
    testOf(name, one, [
      { at: CALM - 1, fires: [] },
      { at: CALM + one.quietAt, fires: [] },
      { at: CALM + one.after, fires: one.fires },
    ]),
  );
  return stringify({ rule_files: [rules], evaluation_interval: '1m', tests: [healthy, ...troubled] }, { lineWidth: 0 });
}

function testOf(name: string, one: Case, expectations: readonly Expectation[]): object {
  const until = Math.max(...expectations.map(({ at }) => at)) + 2;
  const series = new Set([...Object.keys(HEALTHY), ...Object.keys(one.trouble)]);
  return {
    name,
    interval: '1m',
    input_series: [...series].map((each) => ({ series: each, values: valuesOf(each, one, until).join(' ') })),
    promql_expr_test: expectations.map(({ at, fires }) => ({
      expr: 'group by (alertname, severity) (ALERTS{alertstate="firing"})',
      eval_time: `${at}m`,
      exp_samples: fires.map(firing).map(([alertname, severity]) => ({
        labels: `{alertname="${alertname}", severity="${severity}"}`,
        value: 1,
      })),
    })),
  };
}

function valuesOf(series: string, { trouble, ends }: Case, until: number): string[] {
  const before = HEALTHY[series];
  const during = series in trouble ? trouble[series] : before;
  const values: string[] = [];
  let total = 0;
  for (let minute = 0; minute <= until; minute += 1) {
    const troubled = minute >= CALM && (ends === undefined || minute < CALM + ends);
    const value: World[string] | undefined = troubled ? during : before;
    if (typeof value === 'object' && value.from !== undefined) {
      values.push(String(Math.max(0, Number((value.from + (minute - CALM) * value.perMinute).toFixed(4)))));
    } else if (typeof value === 'object') {
      total += minute === 0 ? 0 : value.perMinute;
      values.push(String(Number(total.toFixed(3))));
    } else {
      // A counter that stands still stands where it came to.
      const counter = /_(total|bucket)\{/u.test(series);
      values.push(value === undefined ? '_' : String(counter ? Number((total + value).toFixed(3)) : value));
    }
  }
  return values;
}
