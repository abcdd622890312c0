import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runAgent, runAgentUntil } from '../../support/run-agent.ts'
import { runWatch } from '../../support/run-watch.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { dayStartMs, toLogLine } from '../../support/scenarios/request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const THIEF = { code: '79999', account: '79999_BV', dailyVisits: 40, ip: '14.225.9.9' }

async function aFolder() {
  const folder = await temporaryFolder()
  const config = join(folder, 'agent.yaml')
  const watch = `watch: {logs: [{path: ${folder}/access.log, format: nginx-json}], socket: ${folder}/w.sock, stateDir: ${folder}/state}\n`
  writeFileSync(config, `name: edge-1\ncontrol: {url: "https://control.example"}\nmanagement: {prefixes: none}\n${watch}`)
  const lines = [...harvest({ facility: THIEF, startMs: EIGHT, withSubjects: true, lookups: 400 })].map(toLogLine)
  writeFileSync(join(folder, 'access.log'), `${lines.join('\n')}\n`)
  return { folder, config }
}

describe('agent unsuspend', () => {
  it('has the running watch release the account, keep nothing of the order, and remember it over a restart', async () => {
    const { folder, config } = await aFolder()
    const { told, hasRead, stop } = await runWatch({ folder, isThreaded: true })
    await hasRead(400)
    await until('the account is suspended', () => told.find(({ action }) => action === 'suspend'))
    const { exitCode, stderr } = await runAgent(['unsuspend', '79999_BV', '--why', 'called them back', '--config', config])
    expect([exitCode, stderr]).toEqual([
      0,
      'This edge holds nothing against the account any more. See what others hold: agent why ACCOUNT\n',
    ])
    const released = await until('it is released', () => told.find(({ action }) => action === 'release'))
    expect(released).toMatchObject({ account: '79999_BV', until: null })
    expect(released.evidence.vi).toContain('Cán bộ quản trị đã gỡ biện pháp')
    expect(readdirSync(join(folder, 'state', 'orders'))).toEqual([])
    await stop()
    const again = await runWatch({ folder, isThreaded: true })
    await again.hasRead(0)
    expect(again.watch.flags.live()).toEqual([])
  })

  it('leaves the order for a watch that does not run, with a citizen ID masked, and says so', async () => {
    const { folder, config } = await aFolder()
    const orders = join(folder, 'state', 'orders')
    const name = `79999_${'0'.repeat(12)}`
    mkdirSync(join(folder, 'state'))
    const early = await runAgent(['unsuspend', name, '--why', 'called them back', '--config', config])
    expect([early.exitCode, early.stderr]).toEqual([1, expect.stringContaining('watch has never run')])
    expect(readdirSync(join(folder, 'state'))).toEqual([])
    writeFileSync(join(folder, 'state', 'masking.key'), Buffer.alloc(32, 1))
    const stop = new AbortController()
    const waiting = runAgentUntil(stop.signal, ['unsuspend', name, '--why', 'called them back', '--config', config])
    const file = await until('the order is there', () =>
      existsSync(orders) ? readdirSync(orders).find((each) => each.endsWith('.json')) : undefined,
    )
    stop.abort()
    const { exitCode, stderr } = await waiting
    expect([exitCode, stderr]).toEqual([1, 'The order is written; watch carries it out as soon as it runs.\n'])
    const { account } = JSON.parse(readFileSync(join(orders, file), 'utf8'))
    expect(account).toMatch(/^79999_[a-p]{12}$/)
  })

  it.each([
    [['79999_BV'], 'a reason is missing'],
    [['--why', 'called them back'], 'no account is named'],
    [['79999_BV', '01234_BV', '--why', 'called them back'], 'two are'],
  ])('refuses %j: %s', async (args) => {
    const { config } = await aFolder()
    expect((await runAgent(['unsuspend', ...args, '--config', config])).exitCode).toBe(2)
  })
})
