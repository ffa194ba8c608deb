import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their source, so tests need no build. These conditions also reach the require() calls of
// what is installed, so 'import' must not be among them.
const conditions = ['@countersign/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{apps,libs}/*/src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    globalSetup: ['test/setup-postgres.ts', 'test/setup-kafka.ts'],
    // Vitest leaves one processor to a watching editor, which on two is half of them.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The core is where a branch that no test takes would be a hole: `npm run coverage`.
    coverage: {
      include: ['libs/{approval,ledger}/src/**/*.ts'],
      reporter: ['text'],
      reportsDirectory: 'node_modules/.coverage',
      thresholds: { branches: 100 },
    },
  },
});
