import t from 'tap'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { openNetlinkChannel } from '../../agent/netlink/netlink-channel.ts'
import type { OpenNetlink } from '../../agent/netlink/open-netlink.ts'
import { ProgramError } from '../../agent/process/program-error.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import { textOfV4 } from '../../rules/addresses/block-words.ts'
import { compileNftFirst } from '../../rules/firewall/compile-nft-staged.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { GOLDEN_PROGRAMS } from '../rules/firewall/golden-programs.ts'
import { aProgram, blocksFrom } from '../support/filter-programs.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { netlinkInNamespace } from '../support/netlink-in-namespace.ts'
import { canMakeNetworks, createTestNetwork, type TestNamespace } from '../support/netns.ts'
import { tableOf } from '../support/table-of.ts'

const timed = (texts: readonly string[]) =>
  blocksFrom(texts).map((block, i) => ({ block, remainingMs: 26 * 3_600_000 - i * 1000 - 1 }))
const hex = (value: number) => value.toString(16)

/** Of every kind so many that one message does not hold them; neighbours, and blocks at both ends of a family. */
const LARGE = aProgram({
  revision: 7,
  approve: [
    '0.0.0.0/8',
    ...Array.from({ length: 9000 }, (_, i) => textOfV4(0x14000000 + i * 3, 32)),
    ...Array.from({ length: 3000 }, (_, i) => textOfV4(0x28000000 + i * 256, 24)),
    '255.255.255.0/24',
    ...Array.from({ length: 5000 }, (_, i) => `2400:1:${hex(i + 1)}::${hex(i + 1)}`),
    ...Array.from({ length: 2000 }, (_, i) => `2400:2:${hex(i)}::/48`),
    'ff00::/8',
  ],
  manage: ['10.0.0.0/8', '9.255.255.255', '192.0.2.7', '224.0.0.0/3', '::/8', 'fd00::1', 'fd00::2', 'fe80::/10'],
  opened: timed(['0.0.0.0', '128.0.0.0/1', '2400:9::/32', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']),
  blocked: timed([
    ...Array.from({ length: 2000 }, (_, i) => textOfV4(0x32000000 + i * 2, 31 + (i % 2))),
    ...Array.from({ length: 1500 }, (_, i) => `2400:7:${hex(i + 1)}::/${48 + (i % 60)}`),
  ]),
})
const EVERYBODY = aProgram({ revision: 8, approve: ['0.0.0.0/0', '::/0'] })
const NEXT = aProgram({ revision: 9, approve: ['20.1.0.1', '20.2.0.0/24', '2400:1::1', '2400:2::/48'], manage: ['10.0.0.0/8'] })

/** Every element of a table as the kernel holds it, ends of intervals among them; only sets of hosts have no order. */
async function elementsOf(edge: TestNamespace): Promise<string> {
  const { stdout } = await edge.mustRun('nft', ['--debug=netlink', 'list', 'table', 'inet', 'edgeward'])
  const lines = stdout.split('\n').filter((line) => line.startsWith('\telement') || line.startsWith('inet edgeward @'))
  return lines.sort().join('\n')
}

/** Titles of what nft was given. */
function recordTexts(run: RunProgram): { readonly run: RunProgram; readonly texts: string[] } {
  const texts: string[] = []
  return {
    texts,
    async run(file, args, options = {}) {
      if (options.input === undefined) return run(file, args, options)
      const text = [...(options.input as Iterable<string>)].join('')
      texts.push(text)
      return run(file, args, { ...options, input: [text] })
    },
  }
}

const titleOf = (text: string): string => text.split('\n')[0]?.replace(/^# edgeward: |, mode.*/g, '') ?? ''

function createDirect(
  edge: TestNamespace,
  run: RunProgram,
  t: { fail(words: string): unknown },
  netlink: OpenNetlink = netlinkInNamespace(edge),
) {
  const fail = (why: unknown) => t.fail(`not straight to the kernel: ${String(why)}`)
  return createNftFirewall({ run, netlink, onMisfit: fail, onGivenUp: fail })
}

t.setTimeout(180_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const programs: readonly (readonly [string, FilterProgram])[] = [
    ...GOLDEN_PROGRAMS.filter(({ from, refill }) => from === undefined && refill === undefined).map(
      ({ name, program }) => [name, program] as const,
    ),
    ['everybody', EVERYBODY],
    ['large', LARGE],
  ]

  await t.test('a list that goes straight to the kernel leaves the same table as by nft, element for element', async (t) => {
    await using direct = await createTestNetwork({ clients: {} })
    await using plain = await createTestNetwork({ clients: {} })
    const { run, texts } = recordTexts(runInNamespace(direct.edge))
    for (const [name, program] of programs) {
      const ours = createDirect(direct.edge, run, t)
      const theirs = createNftFirewall({ run: runInNamespace(plain.edge) })
      await Promise.all([ours.remove(), theirs.remove()])
      // Another mode is a whole program.
      const other: FilterProgram = { ...NEXT, mode: program.mode === 'observe' ? 'enforce' : 'observe' }
      for (const next of [program, other, program]) {
        const words = `${name}, revision ${next.revision}`
        texts.length = 0
        await Promise.all([ours.apply(next), theirs.apply(next)])
        t.equal(await tableOf(direct.edge), await tableOf(plain.edge), `${words}: nft lists the same`)
        t.equal(await elementsOf(direct.edge), await elementsOf(plain.edge), `${words}: the kernel holds the same`)
        t.notOk(
          texts.some((text) => /^(the sets of|beside what is)/.test(titleOf(text))),
          `${words}: nft read no list that the kernel was given`,
        )
      }
    }
  })

  await t.test('what nft lists of it, nft takes', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const { edge } = network
    await createDirect(edge, runInNamespace(edge), t).apply(LARGE)
    const table = await tableOf(edge)
    const { stdout } = await edge.mustRun('nft', ['-s', 'list', 'ruleset'])
    await edge.mustRun('nft', ['-f', '-'], { input: `flush ruleset\n${stdout}` })
    t.equal(await tableOf(edge), table)
  })

  await t.test('a list that this socket does not hold goes through nft, and small changes straight on', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const { edge } = network
    const { run, texts } = recordTexts(runInNamespace(edge))
    const misfits: string[] = []
    const netlink = netlinkInNamespace(edge, { batchBytes: 32 * 1024 })
    const firewall = createNftFirewall({
      run,
      netlink,
      onMisfit: ({ message }) => void misfits.push(message),
      onGivenUp: (why) => t.fail(why),
    })
    await firewall.apply(LARGE)
    t.match(await firewall.inForce(), { revision: LARGE.revision })
    t.match(misfits.join(), 'EMSGSIZE')
    t.match(texts.map(titleOf), ['the sets of revision 7', 'the rules of revision 7'])
    texts.length = 0
    await firewall.apply({ ...LARGE, revision: 8, blocked: [], opened: [] })
    t.same(texts, [], 'no nft')
    await firewall.apply({ ...LARGE, revision: 9 }, { doubt: 'rules' })
    t.equal(misfits.length, 1, 'it is tried once')
  })

  await t.test('a list that comes late deletes nothing that was loaded meanwhile, and no rules come into it', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const { edge } = network
    const run = runInNamespace(edge)
    const channel = openNetlinkChannel(netlinkInNamespace(edge))
    t.teardown(() => channel[Symbol.dispose]())
    await edge.mustRun('nft', ['add', 'table', 'inet', 'edgeward'])
    const { stdout } = await edge.mustRun('nft', ['--json', 'list', 'tables'])
    const table = Number(/"handle": (\d+)/.exec(stdout)?.[1])
    const overNone = compileNftFirst(LARGE)
    const overIdle = compileNftFirst(LARGE, table)
    await createNftFirewall({ run }).apply(NEXT)
    const right = await tableOf(edge)
    await t.rejects(channel.send(overNone.fill({})), { code: 'REFUSED', reason: 'EEXIST' })
    await t.rejects(channel.send(overIdle.fill({})), { code: 'REFUSED', reason: 'ENOENT' })
    const rules = await edge.run('nft', ['-f', '-'], { input: [...overIdle.switch].join('') })
    t.not(rules.exitCode, 0)
    t.equal(await tableOf(edge), right)
  })

  await t.test('ended between the list and its rules, no packet is judged, and the next load is whole', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const { edge } = network
    const run = runInNamespace(edge)
    const dying: RunProgram = (file, args, options) => {
      if (options?.input !== undefined) throw new ProgramError('KILLED', 'killed by the test')
      return run(file, args, options)
    }
    await t.rejects(createDirect(edge, dying, t).apply(LARGE), { code: 'NOT_FINISHED' })
    t.match((await edge.mustRun('nft', ['list', 'tables'])).stdout, 'table inet edgeward')
    t.notMatch((await edge.mustRun('nft', ['list', 'chains'])).stdout, 'hook')
    const next = createDirect(edge, run, t)
    t.equal(await next.inForce(), undefined)
    await next.apply(NEXT)
    t.match(await next.inForce(), { revision: NEXT.revision })
    await using plain = await createTestNetwork({ clients: {} })
    await createNftFirewall({ run: runInNamespace(plain.edge) }).apply(NEXT)
    t.equal(await tableOf(edge), await tableOf(plain.edge))
  })
}
