import { defineConfig } from 'vitest/config';

const project = (name: string, timeout: number, more: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeout, hookTimeout: timeout, ...more },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000),
      project('property', 60_000),
      project('consistency', 60_000),
      project('conformance', 600_000),
      project('integration', 180_000, { fileParallelism: false }),
    ],
  },
});
