import t from 'tap'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { aProgram, blocksFrom } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'
import type { ProbeResult } from '../support/peer.ts'

/** Name to its v4 and v6 address. `server` stands behind the edge; `cursed` is approved and blocked. */
const WHO = {
  approved: ['20.1.0.1', '2400:1::1'],
  lan: ['20.2.0.77', '2400:2:0:7::77'],
  stranger: ['14.9.0.9', '2400:9::9'],
  admin: ['20.7.0.7', '2400:7::7'],
  cursed: ['20.1.0.66', '2400:1::66'],
  server: ['20.200.0.1', '2400:200::1'],
} as const

type Who = keyof typeof WHO
type Outcome = ProbeResult['outcome']

interface Row {
  readonly who: Who
  readonly asks: 'tcp' | 'udp'
  readonly port: number
  readonly meets: Outcome
  readonly reason: string
  readonly body?: string
}

const APPROVE = [...WHO.approved, '20.2.0.0/24', '2400:2::/48', ...WHO.cursed]
const BASE = {
  approve: APPROVE,
  manage: ['20.7.0.0/24', '2400:7::/48'],
  blocked: blocksFrom([...WHO.cursed, ...WHO.admin]).map((block) => ({ block, remainingMs: 3_600_000 })),
}

const approvedPasses: readonly Row[] = [
  { who: 'approved', asks: 'tcp', port: 80, meets: 'passed', reason: 'approved host' },
  { who: 'approved', asks: 'tcp', port: 443, meets: 'passed', reason: 'approved host' },
  { who: 'approved', asks: 'udp', port: 443, meets: 'passed', reason: 'approved host' },
  { who: 'approved', asks: 'udp', port: 443, meets: 'passed', reason: 'approved host, fragmented', body: 'x'.repeat(4000) },
  { who: 'lan', asks: 'tcp', port: 443, meets: 'passed', reason: 'inside an approved prefix' },
  { who: 'admin', asks: 'tcp', port: 443, meets: 'passed', reason: 'management, though blocked and not approved' },
]
const untouched: readonly Row[] = [
  { who: 'stranger', asks: 'tcp', port: 22, meets: 'passed', reason: 'not a guarded port' },
  { who: 'stranger', asks: 'udp', port: 53, meets: 'passed', reason: 'not a guarded port' },
  { who: 'stranger', asks: 'udp', port: 53, meets: 'passed', reason: 'not a guarded port, fragmented', body: 'x'.repeat(4000) },
  { who: 'stranger', asks: 'udp', port: 80, meets: 'passed', reason: 'udp 80 is not guarded' },
]
const cursedRefused: readonly Row[] = [
  { who: 'cursed', asks: 'tcp', port: 80, meets: 'reset', reason: 'blocked, though approved' },
  { who: 'cursed', asks: 'udp', port: 443, meets: 'refused', reason: 'blocked, though approved' },
]
const refusedAtOnce: readonly Row[] = [
  { who: 'stranger', asks: 'tcp', port: 80, meets: 'reset', reason: 'not approved' },
  { who: 'stranger', asks: 'tcp', port: 443, meets: 'reset', reason: 'not approved' },
  { who: 'stranger', asks: 'udp', port: 443, meets: 'refused', reason: 'not approved' },
]

const TABLES: readonly { name: string; program: FilterProgram; rows: readonly Row[]; seen: readonly Who[] }[] = [
  {
    name: 'enforce',
    program: aProgram(BASE),
    rows: [...approvedPasses, ...refusedAtOnce, ...cursedRefused, ...untouched],
    seen: ['stranger'],
  },
  {
    name: 'observe',
    program: aProgram({ ...BASE, mode: 'observe' }),
    rows: [
      ...approvedPasses,
      ...refusedAtOnce.map((row) => ({ ...row, meets: 'passed' as const, reason: 'observed, passed' })),
      ...cursedRefused,
      ...untouched,
    ],
    seen: ['stranger'],
  },
  {
    name: 'drop',
    program: aProgram({ ...BASE, refuse: 'drop' }),
    rows: [
      ...approvedPasses,
      ...[...refusedAtOnce, ...cursedRefused].map((row) => ({ ...row, meets: 'timeout' as const, reason: 'silence' })),
      ...untouched,
    ],
    seen: ['stranger'],
  },
  {
    name: 'nobody approved',
    program: aProgram({ manage: ['20.7.0.0/24'] }),
    rows: [
      ...refusedAtOnce,
      { who: 'approved', asks: 'tcp', port: 80, meets: 'reset', reason: 'not approved any more' },
      ...untouched,
    ],
    seen: ['stranger', 'approved'],
  },
  {
    name: 'one interface',
    program: aProgram({ approve: APPROVE, interfaces: ['to-stranger'] }),
    rows: [
      ...refusedAtOnce,
      { who: 'admin', asks: 'tcp', port: 80, meets: 'passed', reason: 'comes in by an interface that is not judged' },
    ],
    seen: ['stranger'],
  },
]

t.setTimeout(180_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const network = await createTestNetwork({ clients: WHO })
  t.teardown(() => network.dispose())
  const peerOf = (who: Who) => network.client(who).peer()
  for (const peer of [await network.edge.peer(), await peerOf('server')]) {
    for (const port of [22, 80, 443]) await peer.listen('http', port)
    for (const port of [53, 80, 443]) await peer.listen('udp', port)
  }

  for (const backend of FIREWALL_BACKENDS)
    await t.test(backend.name, { skip: backend.skip }, async (t) => {
      const firewall = backend.create({ run: runInNamespace(network.edge) })
      for (const hook of ['input', 'forward'] as const)
        for (const { name, program, rows, seen } of TABLES) {
          await t.test(`${hook}, ${name}`, async (t) => {
            await firewall.remove()
            await firewall.apply({ ...program, hooks: [hook] })
            for (const family of [4, 6] as const) {
              const target = targetOf(hook, family)
              for (const { who, asks, port, meets, reason, body } of rows) {
                const peer = await peerOf(who)
                const timeoutMs = meets === 'timeout' ? 200 : 3000
                const result = await peer.probe({
                  kind: asks,
                  address: target,
                  port,
                  timeoutMs,
                  ...(body === undefined ? {} : { body }),
                })
                t.equal(result.outcome, meets, `${who} v${family} ${asks} ${port} is ${meets}: ${reason}`)
              }
            }
            const listed = (await firewall.seen(100)).map(({ address }) => address).sort()
            t.same(listed, seen.flatMap((who) => WHO[who]).sort(), 'only strangers are listed')
          })
        }
      await firewall.remove()
    })
}

function targetOf(hook: 'input' | 'forward', family: 4 | 6): string {
  if (hook === 'forward') return WHO.server[family === 4 ? 0 : 1]
  return family === 4 ? EDGE_ADDRESS_4 : EDGE_ADDRESS_6
}
