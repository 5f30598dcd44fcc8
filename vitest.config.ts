import { defineConfig } from 'vitest/config';

const onControlPlane = { globalSetup: 'test/support/control-plane-setup.ts', fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000),
      project('property', 60_000),
      project('consistency', 60_000),
      project('conformance', 600_000),
      project('integration', 180_000, onControlPlane),
      project('full', 900_000, onControlPlane),
      project('rotation', 3_600_000, onControlPlane),
      project('faults', 10_800_000),
      project('drill', 900_000, onControlPlane),
      project('pictures', 900_000, onControlPlane),
      project('e2e', 1_800_000, { fileParallelism: false, bail: 1 }),
      project('workloads', 600_000, onControlPlane),
    ],
  },
});

function project(name: string, timeout: number, more: object = {}) {
  return {
    extends: true as const,
    test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeout, hookTimeout: timeout, ...more },
  };
}
