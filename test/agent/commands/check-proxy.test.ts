import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runAgent } from '../../support/run-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

it.each([
  ['http { server { location / { proxy_pass http://x; } } }', 1, ':1: server _, location /: nothing asks the gate here'],
  ['http { server { return 444; } }', 0, ''],
  ['', 2, ''],
])('of %j gives %i', async (config, exitCode, told) => {
  const path = join(await temporaryFolder(), 'nginx.txt')
  writeFileSync(path, config)
  const run = await runAgent(['check-proxy', path])
  expect([run.exitCode, run.stdout.includes(told)]).toEqual([exitCode, true])
})
