import t, { type Test } from 'tap'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import { aProgram, blocksFrom } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS, type FirewallBackend } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'
import { until } from '../support/until.ts'

const CLIENT = ['20.1.0.1', '2400:1::1'] as const
const SERVER = ['20.200.0.1', '2400:200::1'] as const
const STRANGER = ['14.9.0.9', '2400:9::9'] as const

t.setTimeout(180_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const network = await createTestNetwork({ clients: { client: CLIENT, server: SERVER, stranger: STRANGER } })
  t.teardown(() => network.dispose())
  const { edge } = network
  const inputs: string[] = []
  const plainRun = runInNamespace(edge)
  const noting: RunProgram = async (file, args, options = {}) => {
    if (options.input === undefined) return plainRun(file, args, options)
    let text = ''
    for await (const chunk of options.input) text += chunk
    inputs.push(text)
    return plainRun(file, args, { ...options, input: [text] })
  }
  const run = Object.assign(noting, { openNetlink: plainRun.openNetlink })
  const edgePeer = await edge.peer()
  const client = await network.client('client').peer()
  const server = await network.client('server').peer()
  const stranger = await network.client('stranger').peer()
  for (const peer of [edgePeer, server, stranger]) for (const port of [22, 80, 443]) await peer.listen('http', port)
  await stranger.listen('udp', 53)

  const targets = [
    ['the edge, v4', EDGE_ADDRESS_4],
    ['the edge, v6', EDGE_ADDRESS_6],
    ['a server behind it, v4', SERVER[0]],
    ['a server behind it, v6', SERVER[1]],
  ] as const
  const showOn = async (t: Test, backend: FirewallBackend): Promise<void> => {
    for (const [name, address] of targets) {
      await t.test(`a revoked source is cut off at the next packet of an open connection to ${name}`, async (t) => {
        const firewall = backend.create({ run, onMisfit: (error) => t.fail(error.message) })
        await firewall.remove()
        await firewall.apply(aProgram({ hooks: ['input', 'forward'], approve: [...CLIENT, ...STRANGER] }))
        const kept = await client.open({ address, port: 80, timeoutMs: 3000 })
        t.equal(kept.outcome, 'passed')
        t.equal((await client.again(kept.connection)).outcome, 'passed', 'kept alive')
        inputs.length = 0
        await firewall.apply(aProgram({ hooks: ['input', 'forward'], revision: 2, approve: STRANGER }))
        t.notOk(
          inputs.some((text) => /^# edgeward: (?:all|the sets) of/.test(text)),
          'by a delta',
        )
        t.equal((await client.again(kept.connection)).outcome, 'reset')
      })
    }

    await t.test('what the edge asks of others, and of itself, is not judged', async (t) => {
      const firewall = backend.create({ run })
      await firewall.apply(aProgram({ hooks: ['input', 'forward'] }))
      for (const address of STRANGER) {
        t.equal((await edgePeer.probe({ kind: 'udp', address, port: 53 })).outcome, 'passed', `an answer to DNS from ${address}`)
        t.equal(
          (await edgePeer.probe({ kind: 'http', address, port: 443 })).outcome,
          'passed',
          `an answer to HTTPS from ${address}`,
        )
      }
      for (const address of [EDGE_ADDRESS_4, EDGE_ADDRESS_6, '127.0.0.1', '::1'])
        t.equal((await edgePeer.probe({ kind: 'http', address, port: 80 })).outcome, 'passed', `itself at ${address}`)
    })

    await t.test('neighbour discovery works while nobody is approved', async (t) => {
      for (const space of [edge, network.client('stranger')]) await space.mustRun('ip', ['neigh', 'flush', 'all'])
      t.equal((await stranger.probe({ kind: 'tcp', address: EDGE_ADDRESS_6, port: 22 })).outcome, 'passed')
      t.equal((await stranger.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 22 })).outcome, 'passed')
    })

    await t.test('the list of refused sources outlives deltas, whole programs and a restart without memory', async (t) => {
      await backend.create({ run }).remove()
      for (const revision of [1, 2, 3]) {
        const firewall = backend.create({ run, onMisfit: (error) => t.fail(error.message) })
        await firewall.apply(aProgram({ revision, approve: CLIENT }))
        await firewall.apply(aProgram({ revision: 10 * revision, approve: [], mode: 'observe' }))
        await firewall.apply(aProgram({ revision: 100 * revision, approve: CLIENT }))
        await stranger.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80 })
        // A connection of an earlier test may still send a last packet, so only the stranger's row counts.
        const rows = (await firewall.seen(9)).filter(({ address }) => address === STRANGER[0])
        t.match(rows, [{ address: STRANGER[0], packets: revision }])
        t.equal(rows.length, 1)
      }
    })

    await t.test('a full list of refused sources does not open the door', async (t) => {
      const firewall = backend.create({ run })
      await firewall.remove()
      await firewall.apply(aProgram())
      const filler = Array.from({ length: 16_384 }, (_, index) => `11.0.${index >> 8}.${index & 255}`)
      await backend.fillSeen(edge, filler)
      t.equal((await stranger.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80 })).outcome, 'reset')
      const seen = await firewall.seen(100_000)
      t.ok(seen.length <= backend.maxSeen, `${seen.length} listed`)
      t.equal((await firewall.seen(5)).length, 5)
    })

    await t.test('a timed block ends by itself', async (t) => {
      const firewall = backend.create({ run })
      await firewall.apply(aProgram({ approve: CLIENT }))
      const blockFor = (remainingMs: number) => firewall.setBlocked(blocksFrom(CLIENT).map((block) => ({ block, remainingMs })))
      for (const address of [EDGE_ADDRESS_4, EDGE_ADDRESS_6]) {
        await blockFor(600_000)
        t.equal((await client.probe({ kind: 'tcp', address, port: 80 })).outcome, 'reset', 'blocked')
        await blockFor(200)
        await until(`${address} is open again`, async () => {
          const { outcome } = await client.probe({ kind: 'tcp', address, port: 80 })
          return outcome === 'passed' ? outcome : undefined
        })
      }
    })

    await t.test('a change that does not fit replaces all, and says so', async (t) => {
      const misfits: string[] = []
      const firewall = backend.create({ run, onMisfit: ({ code }) => misfits.push(code) })
      await firewall.remove()
      await firewall.apply(aProgram({ approve: CLIENT }))
      await backend.exchangeHost(edge, CLIENT[0], '9.9.9.9')
      await firewall.apply(aProgram({ revision: 2, approve: STRANGER }))
      t.same(misfits, ['NOT_IN_FORCE'])
      t.equal((await stranger.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80 })).outcome, 'passed')
      t.equal((await client.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80 })).outcome, 'reset')
    })

    await backend.create({ run }).remove()
    t.equal(await backend.leftovers(edge), '')
  }

  // First of all: iptables-nft leaves tables of its own behind.
  await t.test("nobody else's rules are touched", async (t) => {
    const theirs = 'table inet theirs {\n\tset host4 {\n\t\ttype ipv4_addr\n\t\telements = { 1.1.1.1 }\n\t}\n}\n'
    await edge.mustRun('nft', ['-f', '-'], { input: theirs })
    const firewall = createNftFirewall({ run })
    await firewall.apply(aProgram({ approve: CLIENT }))
    await firewall.apply(aProgram({ revision: 2 }))
    await firewall.remove()
    t.equal((await edge.mustRun('nft', ['list', 'ruleset'])).stdout, theirs)
    await edge.mustRun('nft', ['delete', 'table', 'inet', 'theirs'])
  })

  for (const backend of FIREWALL_BACKENDS) await t.test(backend.name, { skip: backend.skip }, (t) => showOn(t, backend))
}
