import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { formatPolicy } from '../../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY } from '../../../rules/gate/policy-options.ts'
import { runAgent } from '../../support/run-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function aFile(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'policy')
  writeFileSync(path, content)
  return path
}

it('names every fault by line and column', async () => {
  const path = await aFile('shared:\n  enforceFrom: soon\nsharde: { mode: off }\n')
  const { exitCode, stdout, stderr } = await runAgent(['check-policy', path])
  expect([exitCode, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`${path}:3:9 sharde: is not an option (UNKNOWN_KEY)`)
})

it.each([
  ['2024-07-31T23:59:59+07:00', 'rehearse', 'goes on'],
  ['2024-08-01T00:00:00+07:00', 'enforce', 'is stopped'],
])('says what holds at %s', async (at, shared, retired) => {
  const bytes = formatPolicy({
    format: 'edgeward-policy/1',
    version: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    policy: DEFAULT_GATE_POLICY,
  })
  for (const content of ['', bytes]) {
    const { exitCode, stdout } = await runAgent(['check-policy', await aFile(content), '--at', at])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(new RegExp(`shared +${shared}, enforced from 2024-08-01T00:00\\+07:00`))
    expect(stdout).toContain(`KQNhanLichSuKCB595 ${retired}`)
  }
})

it('refuses a signed policy that was changed, and an instant without offset', async () => {
  const bytes = formatPolicy({
    format: 'edgeward-policy/1',
    version: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    policy: DEFAULT_GATE_POLICY,
  })
  const changed = await runAgent(['check-policy', await aFile(`${Buffer.from(bytes).toString()} `)])
  expect([changed.exitCode, changed.stderr.includes('POLICY_NOT_CANONICAL')]).toEqual([2, true])
  expect((await runAgent(['check-policy', await aFile(''), '--at', '2024-08-01'])).exitCode).toBe(2)
})
