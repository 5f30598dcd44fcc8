import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** Files wait more than they compute; but one that falls behind its lifetimes is no longer a test. */
const WORKERS = 3;
/** A cluster that somebody gave us is one, and a TrustDomain in it is everybody's. */
const given = process.env['KUBECONFIG'] ?? '';
const onControlPlane = { globalSetup: 'test/support/control-plane-setup.ts' };
const oneByOne = { ...onControlPlane, fileParallelism: false };
const besideEachOther =
  given === '' ? { ...onControlPlane, maxWorkers: WORKERS, sequence: { groupOrder: 1 } } : oneByOne;

export default defineConfig({
  test: {
    // Vitest would leave one core to itself, and so use one of two.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // The usual second is a deadline for a busy machine; no test asserts on time.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      project('unit', 10_000),
      project('property', 60_000),
      project('consistency', 60_000),
      project('conformance', 600_000),
      project('integration', 180_000, besideEachOther),
      project('full', 900_000, oneByOne),
      project('rotation', 3_600_000, oneByOne),
      project('faults', 10_800_000),
      project('drill', 900_000, oneByOne),
      project('e2e', 1_800_000, { fileParallelism: false, bail: 1 }),
      project('workloads', 600_000, oneByOne),
    ],
  },
});

function project(name: string, timeout: number, more: object = {}) {
  return {
    extends: true as const,
    test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeout, hookTimeout: timeout, ...more },
  };
}
