import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const onControlPlane = { globalSetup: 'test/support/control-plane-setup.ts', fileParallelism: false };

export default defineConfig({
  test: {
    // Vitest would leave a core to itself, and of two use one.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unit', 10_000),
      // Beside `integration` these may wait for a processor: what hangs is told from what is slow.
      project('property', 240_000),
      project('consistency', 240_000),
      project('conformance', 600_000),
      // What is told to renew in seconds waits more than it computes.
      project('integration', 180_000, onControlPlanes(3)),
      // What is late here by more than a second is a failure: the machine is theirs.
      project('handshakes', 180_000, onControlPlane),
      project('full', 900_000, { ...onControlPlanes(2), exclude: ['test/full/alone/**'] }),
      project('full/alone', 900_000, onControlPlane),
      project('rotation', 3_600_000, onControlPlane),
      project('faults', 10_800_000),
      project('drill', 900_000, onControlPlane),
      project('pictures', 900_000, onControlPlane),
      project('e2e', 1_800_000, { fileParallelism: false, bail: 1 }),
      project('workloads', 600_000, onControlPlane),
    ],
  },
});

/** Files beside each other, each worker with a control plane of its own; one by one on a cluster that somebody gave us. */
function onControlPlanes(workers: number) {
  if ((process.env['KUBECONFIG'] ?? '') !== '') return onControlPlane;
  const { globalSetup } = onControlPlane;
  // Vitest runs projects with other numbers of workers at other times. A machine that has no Helm yet builds it in a hook.
  return { globalSetup, hookTimeout: 600_000, maxWorkers: workers, sequence: { groupOrder: workers } };
}

function project(name: string, timeout: number, more: object = {}) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeout,
      hookTimeout: timeout,
      // What is awaited comes when the machine has time for it; a second is a bet.
      expect: { poll: { timeout: Math.min(timeout, 30_000) } },
      ...more,
    },
  };
}
