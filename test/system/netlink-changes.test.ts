import t from 'tap'
import type { Firewall } from '../../agent/firewall/firewall.ts'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { openNetlinkChannel } from '../../agent/netlink/netlink-channel.ts'
import { NetlinkError } from '../../agent/netlink/netlink-error.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import { compileNftBlockedBatch } from '../../rules/firewall/compile-nft-batch.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { aProgram, blocksFrom } from '../support/filter-programs.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { netlinkInNamespace } from '../support/netlink-in-namespace.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'
import { createSeeded } from '../support/seeded.ts'
import { tableOf } from '../support/table-of.ts'

/** Lists of hosts and prefixes of both families, adjacent ones among them. */
const UNIVERSE = [
  ...Array.from({ length: 12 }, (_, i) => `20.1.0.${i + 1}`),
  ...Array.from({ length: 8 }, (_, i) => `20.2.${i}.0/24`),
  ...Array.from({ length: 6 }, (_, i) => `2400:1::${i + 1}`),
  ...Array.from({ length: 6 }, (_, i) => `2400:2:${i}::/48`),
]
const timed = (texts: readonly string[]) => blocksFrom(texts).map((block) => ({ block, remainingMs: 3_600_000 }))

/** Programs as they are started. */
function countRuns(run: RunProgram): { readonly run: RunProgram; readonly started: string[] } {
  const started: string[] = []
  return {
    started,
    run(file, args, options) {
      started.push(args.join(' '))
      return run(file, args, options)
    },
  }
}

async function change(firewall: Firewall, program: FilterProgram): Promise<void> {
  await firewall.inForce()
  await firewall.apply(program)
}

t.setTimeout(120_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await t.test('many small changes leave the same table as nft does, and start no program', async (t) => {
    await using direct = await createTestNetwork({ clients: {} })
    await using plain = await createTestNetwork({ clients: {} })
    const { run, started } = countRuns(runInNamespace(direct.edge))
    const fail = (why: unknown) => t.fail(`not straight to the kernel: ${String(why)}`)
    const ours = createNftFirewall({ run, netlink: netlinkInNamespace(direct.edge), onMisfit: fail, onGivenUp: fail })
    const theirs = createNftFirewall({ run: runInNamespace(plain.edge), onMisfit: fail })
    const random = createSeeded(2025)
    const some = (texts: readonly string[]) => texts.filter(() => random.below(2) === 0)
    const first = aProgram({ approve: UNIVERSE, manage: ['10.0.0.0/8', 'fd00::1'] })
    await Promise.all([ours.apply(first), theirs.apply(first)])
    started.length = 0
    for (let revision = 2; revision < 12; revision += 1) {
      const program = aProgram({
        revision,
        approve: some(UNIVERSE),
        manage: some(['10.0.0.0/8', '172.16.0.1', 'fd00::/8', 'fe80::1']),
        opened: timed(some(['20.9.0.1', '2400:9::/32'])),
        blocked: timed(some(['20.1.0.0/24', '20.1.0.3', '2400:1::2'])),
      })
      await change(ours, program)
      await theirs.apply(program)
      t.equal(await tableOf(direct.edge), await tableOf(plain.edge), `revision ${revision}`)
    }
    const blocked = timed(['20.7.0.0/16', '2400:7::1'])
    await ours.setBlocked(blocked)
    await theirs.setBlocked(blocked)
    t.equal(await tableOf(direct.edge), await tableOf(plain.edge), 'timed blocks alone')
    t.same(started, [], 'no program was started')
  })

  await t.test('a change by somebody else has the rules looked at, and no change lands on another list', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const { edge } = network
    const { run, started } = countRuns(runInNamespace(edge))
    const misfits: string[] = []
    const firewall = createNftFirewall({
      run,
      netlink: netlinkInNamespace(edge),
      onMisfit: ({ code }) => void misfits.push(code),
      onGivenUp: (why) => t.fail(why),
    })
    await firewall.apply(aProgram({ approve: ['20.1.0.1'] }))
    await edge.mustRun('nft', ['add', 'table', 'ip', 'other'])
    started.length = 0
    await firewall.apply(aProgram({ revision: 2, approve: ['20.1.0.2'] }))
    t.equal(started.filter((args) => args.includes('list ruleset')).length, 1, 'the rules are looked at after it')
    t.same(
      started.filter((args) => args.includes('-f')),
      [],
      'and it went straight to the kernel',
    )
    started.length = 0
    await firewall.apply(aProgram({ revision: 3, approve: ['20.1.0.3'] }))
    t.same(started, [], 'from then on nothing is looked at')
    await edge.mustRun('nft', ['delete', 'element', 'inet', 'edgeward', 'host4', '{ 20.1.0.3 }'])
    const last = aProgram({ revision: 4, approve: ['20.1.0.4'] })
    await firewall.apply(last)
    t.same(misfits, ['NOT_IN_FORCE'], 'what is not there cannot be taken out')
    t.match(await tableOf(edge), '20.1.0.4')
    t.notMatch(await tableOf(edge), '20.1.0.3')
    const other = createNftFirewall({ run: runInNamespace(edge) })
    await other.apply(aProgram({ revision: 5, approve: ['20.1.0.5'] }))
    await firewall.apply(aProgram({ revision: 6, approve: ['20.1.0.4', '20.1.0.6'] }))
    t.notMatch(await tableOf(edge), '20.1.0.5', 'all was replaced')
    t.match(await tableOf(edge), '20.1.0.6')
  })

  await t.test('what is doubted alone is put right: hosts without a program, chains with the sets left alone', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const { edge } = network
    const { run, started } = countRuns(runInNamespace(edge))
    const onMisfit = ({ code }: { readonly code: string }) => void misfits.push(code)
    const misfits: string[] = []
    const firewall = createNftFirewall({ run, netlink: netlinkInNamespace(edge), onMisfit })
    const program = aProgram({ approve: ['20.1.0.1', '20.1.0.2', '2400:1::1', '20.2.0.0/24'] })
    await firewall.apply(program)
    const right = await tableOf(edge)
    const changes = () => started.filter((args) => args.includes('-f')).length

    const stranger = { set: 'host4', key: Uint8Array.of(20, 9, 0, 9), isThere: true } as const
    const missing = { set: 'host4', key: Uint8Array.of(20, 1, 0, 2), isThere: false } as const
    const input = 'delete element inet edgeward host4 { 20.1.0.2 }\nadd element inet edgeward host4 { 20.9.0.9 }\n'
    await edge.mustRun('nft', ['-f', '-'], { input })
    started.length = 0
    await firewall.apply(program, { doubt: 'elements', hosts: [stranger, missing] })
    t.equal(await tableOf(edge), right)
    t.equal(changes(), 0, 'no nft changed anything')

    await edge.mustRun('nft', ['flush', 'chain', 'inet', 'edgeward', 'judge4'])
    await edge.mustRun('nft', ['add', 'element', 'inet', 'edgeward', 'host4', '{ 20.9.0.9 }'])
    started.length = 0
    await firewall.apply(program, { doubt: 'chains' })
    t.equal(changes(), 1)
    t.match(await tableOf(edge), '20.9.0.9', 'the sets were not doubted')
    t.same(misfits, [])

    await firewall.apply(program, { doubt: 'elements', hosts: [{ ...stranger, key: Uint8Array.of(20, 9, 0, 8) }] })
    t.same(misfits, ['NOT_IN_FORCE'], 'what was told is not so')
    t.equal(await tableOf(edge), right, 'then all is written anew')
  })

  await t.test(
    'of prefixes in doubt no more is written than what differs; all of them where no list could hold what is there',
    async (t) => {
      await using network = await createTestNetwork({ clients: {} })
      const { edge } = network
      const { run, started } = countRuns(runInNamespace(edge))
      const misfits: string[] = []
      const firewall = createNftFirewall({
        run,
        netlink: netlinkInNamespace(edge),
        onMisfit: ({ code }) => void misfits.push(code),
        onGivenUp: (why) => t.fail(why),
      })
      const nets = Array.from({ length: 3000 }, (_, i) => `20.${i >> 8}.${i & 255}.0/24`)
      const program = aProgram({
        approve: ['19.1.0.1', ...nets, '2400:2::/48'],
        manage: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'],
        blocked: timed(['19.1.0.1', '2400:2:0:1::/64']),
        opened: timed(['19.7.0.0/16']),
      })
      await firewall.apply(program)
      const right = await tableOf(edge)
      const repair = async (words: string, changes: readonly string[]): Promise<number> => {
        await edge.mustRun('nft', ['-f', '-'], { input: changes.map((line) => `${line}\n`).join('') })
        t.not(await tableOf(edge), right, `${words}: something else is there`)
        started.length = 0
        await firewall.apply(program, { doubt: 'prefixes' })
        t.equal(await tableOf(edge), right, words)
        t.match(await firewall.inForce(), { revision: program.revision })
        return started.filter((args) => args.includes('-f')).length
      }
      const TABLE = 'inet edgeward'
      const [add, remove] = [`add element ${TABLE}`, `delete element ${TABLE}`]
      const small: readonly (readonly [string, readonly string[]])[] = [
        ['a prefix gone', [`${remove} net4 { 20.2.0.0/24 }`]],
        ['a stranger put in', [`${add} net4 { 30.0.0.0/8 }`]],
        ['a wider one in the place of ours', [`${remove} net6 { 2400:2::/48 }`, `${add} net6 { 2400:2::/32 }`]],
        ['management of both families', [`${remove} mgmt4 { 192.0.2.7 }`, `${add} mgmt6 { 2400:5::1 }`]],
        ['blocked and opened ones', [`flush set ${TABLE} block4`, `${add} open4 { 30.0.0.0/8 timeout 1h }`]],
      ]
      for (const [words, changes] of small) t.equal(await repair(words, changes), 0, `${words}: no nft changed anything`)
      const large: readonly (readonly [string, readonly string[]])[] = [
        ['a single address among prefixes', [`${add} net4 { 30.0.0.1 }`]],
        ['a range that is no block', [`${add} net4 { 30.0.0.1-30.0.0.9 }`]],
        ['the whole family at once', [`${add} mgmt6 { fe00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff }`]],
        ['a prefix with a comment', [`${remove} net4 { 20.2.0.0/24 }`, `${add} net4 { 20.2.0.0/24 comment "mine" }`]],
        ['all of them gone', [`flush set ${TABLE} net4`]],
      ]
      for (const [words, changes] of large) t.ok((await repair(words, changes)) > 0, `${words}: the sets were made anew`)
      t.same(misfits, [])
    },
  )

  await t.test('what is only judged is not in force, and what cannot be is said', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const channel = openNetlinkChannel(netlinkInNamespace(network.edge))
    t.teardown(() => channel[Symbol.dispose]())
    const batch = compileNftBlockedBatch(timed(['20.7.0.1'])) ?? t.fail('no batch')
    if (typeof batch === 'boolean') return
    await t.rejects(channel.send(batch), { code: 'REFUSED', reason: 'ENOENT' })
    await createNftFirewall({ run: runInNamespace(network.edge) }).apply(aProgram({ approve: ['20.1.0.1'] }))
    const before = await channel.generation()
    await channel.send(batch, { isJudgedOnly: true })
    t.equal(await channel.generation(), before)
    t.notMatch(await tableOf(network.edge), '20.7.0.1')
    await channel.send(batch)
    t.equal(await channel.generation(), before + 1)
    t.match(await tableOf(network.edge), '20.7.0.1')
  })

  await t.test('without a socket every change goes through nft, and that is told once', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const why: string[] = []
    const firewall = createNftFirewall({
      run: runInNamespace(network.edge),
      netlink: () => {
        throw new NetlinkError('NO_SOCKET', 'Cannot open a netlink socket: none today')
      },
      onGivenUp: (words) => void why.push(words),
    })
    await firewall.apply(aProgram({ approve: ['20.1.0.1'] }))
    await firewall.apply(aProgram({ revision: 2, approve: ['20.1.0.2'] }))
    t.match(await firewall.inForce(), { revision: 2 })
    t.same(why, ['Cannot open a netlink socket: none today'])
  })
}
