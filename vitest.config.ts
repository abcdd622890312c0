import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{rules,agent,control-api,contracts,journey,architecture,torture}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
