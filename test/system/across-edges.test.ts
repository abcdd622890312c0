/** All edges together with real processes, kernel and packets: what no edge alone would call a harvest is blocked at both, and let in again by an officer. */
import { appendFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { makeLogLine } from '../support/log-lines.ts'
import { createMainJobLab } from '../support/main-job-lab.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { runOwn } from '../support/run-own.ts'
import { seedRows } from '../support/seed-registrations.ts'
import { until } from '../support/until.ts'
import { createWorkDir } from '../support/work-dir.ts'

/** Approved for another facility than that of the account which is used from there. */
const THIEF = '14.225.1.10'
const HONEST = '14.225.1.20'
/** The second edge stands where a client does; its way to everybody leads through the first, which judges only what is for itself. */
const OTHER_EDGE = '14.225.1.200'
const ACCOUNT = '00999_BV'
const LOOKUPS_EACH = 200
const PATIENCE_MS = 200_000

t.setTimeout(290_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using folder = await createWorkDir('ew-fleet')
  const limit = '{window: 1h, lookups: 300, atLeast: 300, perDailyVisit: 0, atMost: 300}'
  await writeFile(folder.file('policy.yaml'), `absolute: {limits: [${limit}]}\n`)
  await using lab = await createMainJobLab({
    clients: { thief: THIEF, honest: HONEST, other: OTHER_EDGE },
    rows: [{ facility: '00901', block: THIEF }, { facility: '00902', block: HONEST }, ...seedRows(20)],
    tallyKey: new Uint8Array(32).fill(3),
    control: { fleet: { judgeEveryS: 2, policyFile: folder.file('policy.yaml') } },
  })
  const edges = [lab.edge, await lab.edgeAt('other')]
  const askBoth = async (client: string) => {
    const answers = [await lab.ask(client, 443), await lab.ask(client, 443, OTHER_EDGE)]
    return answers.map(({ outcome }) => outcome)
  }
  await using services = new AsyncDisposableStack()
  for (const edge of edges) {
    services.use(edge.startWatch())
    services.use(edge.startAgent())
  }
  const held = async () => {
    const args = ['fleet', 'list', '--config', lab.control.configFile, '--json']
    const { stdout, exitCode, stderr } = await runOwn('control-api/main.ts', args)
    t.equal(exitCode, 0, stderr)
    return JSON.parse(stdout) as { id: string; facility: string; edges: number; evidence: { vi: string; en: string } }[]
  }

  await t.test('a harvest of which each edge sees half is blocked at both', async (t) => {
    for (const edge of edges) await edge.untilStatus('a list in force', ({ inForce }) => inForce?.revision === 1, PATIENCE_MS)
    t.same(await askBoth('thief'), ['passed', 'passed'])
    t.same(await held(), [], 'nobody is held before')
    const now = Date.now()
    for (const [number, edge] of edges.entries()) {
      const lines = Array.from({ length: LOOKUPS_EACH }, (_, at) => {
        const person = String(number * LOOKUPS_EACH + at).padStart(32, '0')
        return makeLogLine({ at: new Date(now - 240_000 + at * 1000), ip: THIEF, account: ACCOUNT, subject: person })
      })
      await appendFile(edge.accessLog, `${lines.join('\n')}\n`)
    }
    for (const edge of edges) {
      const { flags, blocked } = await edge.untilStatus('blocked', (status) => status.blocked.length > 0, PATIENCE_MS)
      t.match(blocked, [{ address: THIEF, account: ACCOUNT, rule: 'fleet-absolute' }])
      t.same(new Set(flags.map(({ rule }) => rule)), new Set(['fleet-absolute']), 'no edge alone flagged it')
    }
    t.same(await askBoth('thief'), ['reset', 'reset'], 'both kernels refuse it')
    t.same(await askBoth('honest'), ['passed', 'passed'])
    t.match(await held(), [{ facility: '00999', edges: 2, evidence: { vi: /2 điểm biên/, en: /over 2 edges/ } }])
  })

  await t.test('an officer lets it in again, by command, at both edges', async (t) => {
    const [verdict] = await held()
    const args = ['fleet', 'release', verdict?.id ?? '', '--reason', 'a camp of the district', '--config', lab.control.configFile]
    const { exitCode, stderr } = await runOwn('control-api/main.ts', args)
    t.equal(exitCode, 0, stderr)
    for (const edge of edges) await edge.untilStatus('let in', (status) => status.blocked.length === 0, PATIENCE_MS)
    await until('packets pass', async () => (await askBoth('thief')).every((outcome) => outcome === 'passed') || undefined)
    t.same(await held(), [])
    t.equal((await runOwn('control-api/main.ts', ['audit', 'verify', '--config', lab.control.configFile])).exitCode, 0)
  })
}
