// SPDX-License-Identifier: Apache-2.0
/**
 * In what order files run beside each other: those that take longest begin, so that none of them is left for the end,
 * where the other workers would wait for it. Vitest's own order knows this only from the run before.
 * @module
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Under `test/`, longest first; the others follow in vitest's order. A wrong place costs time and nothing else. */
const LONGEST: readonly string[] = [
  'integration/stories/imported.test.ts',
  'integration/webhook/certificate.test.ts',
  'integration/webhook/trouble.test.ts',
  'integration/authority/recovery.test.ts',
  'integration/stories/authority.test.ts',
  'integration/stories/namespaced.test.ts',
  'integration/webhook/failure.test.ts',
  'integration/chart/render.test.ts',
  'integration/stories/restart.test.ts',
  'integration/observability/traces.test.ts',
  'integration/stories/bounds.test.ts',
  'integration/control-plane.test.ts',
  'integration/webhook/strict.test.ts',
  'integration/stories/secrecy.test.ts',
  'integration/policies/takeover.test.ts',
  'full/healthy.test.ts',
];

/** Vitest's order with the longest files of each project before the others. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groups = Map.groupBy(await super.sort(files), ({ project }) => project.name);
    return [...groups.values()].flatMap((group) => group.sort((a, b) => rank(a) - rank(b)));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((file) => moduleId.endsWith(`/test/${file}`));
  return place === -1 ? LONGEST.length : place;
}
