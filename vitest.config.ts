import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{rules,agent,control-api,contracts,journey,architecture,torture}/**/*.test.ts'],
    // Left alone, vitest uses one of two cores.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
