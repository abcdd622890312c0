import t, { type Test } from 'tap'
import { createIpsetFirewall } from '../../agent/firewall/ipset-firewall.ts'
import { iptablesFile } from '../../agent/firewall/iptables-variant.ts'
import { readIpsetList } from '../../agent/firewall/read-ipset.ts'
import { ProgramError } from '../../agent/process/program-error.ts'
import type { ProgramResult, RunProgram } from '../../agent/process/run-program.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { CHANGE_SET } from '../../rules/firewall/ipset-layout.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { aProgram } from '../support/filter-programs.ts'
import { IPSET_BACKENDS, type IpsetBackend } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'

const APPROVED = ['20.1.0.1', '2400:1::1'] as const
const STRANGER = ['14.9.0.9', '2400:9::9'] as const
const REFUSED: ProgramResult = { exitCode: 1, stdout: '', stderr: 'refused by the test\n' }

const one = aProgram({ revision: 1, approve: APPROVED })
/** A change of one host a family: by a delta. */
const two = aProgram({ revision: 2, approve: [...APPROVED, '20.3.0.3', '2400:3::3'] })

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  t.setTimeout(280_000)
  const network = await createTestNetwork({ clients: { approved: APPROVED, stranger: STRANGER } })
  t.teardown(() => network.dispose())
  const { edge } = network
  const real = runInNamespace(edge)
  await (await edge.peer()).listen('http', 80)
  const peers = { approved: await network.client('approved').peer(), stranger: await network.client('stranger').peer() }

  const killed = (): never => {
    throw new ProgramError('KILLED', 'killed by the test')
  }

  const assertHolds = async (t: Test, { variant }: IpsetBackend, program: FilterProgram): Promise<void> => {
    const { revision, digest, mode } = program
    t.same(
      await createIpsetFirewall({ run: real, variant }).inForce(),
      { revision, digest, mode },
      `revision ${revision} is in force`,
    )
    t.equal(digestOf(await readIpsetList(real, variant, 'approved')), digest, 'with its list')
    for (const address of [EDGE_ADDRESS_4, EDGE_ADDRESS_6]) {
      t.equal((await peers.approved.probe({ kind: 'tcp', address, port: 80 })).outcome, 'passed')
      t.equal((await peers.stranger.probe({ kind: 'tcp', address, port: 80 })).outcome, 'reset')
    }
  }
  const setsOf = async (): Promise<readonly string[]> =>
    (await edge.mustRun('ipset', ['list', '-name'])).stdout.split('\n').filter((name) => name !== '')
  const showOn = async (t: Test, backend: IpsetBackend): Promise<void> => {
    const { variant } = backend
    const create = (run: RunProgram) => createIpsetFirewall({ run, variant })
    const restore6 = iptablesFile(variant, 6, 'restore')

    await t.test('IPv6 refused after IPv4 was taken: IPv4 goes back', async (t) => {
      await create(real).remove()
      await create(real).apply(one)
      const failing = create(runFailing(real, restore6, 1, 'instead', () => REFUSED))
      await t.rejects(failing.apply(two), { code: 'REFUSED' })
      await assertHolds(t, backend, one)
    })

    await t.test('IPv6 refused for the first program of all: nothing of ours judges a packet', async (t) => {
      await create(real).remove()
      const failing = create(runFailing(real, restore6, 1, 'instead', () => REFUSED))
      await t.rejects(failing.apply(one), { code: 'REFUSED' })
      t.equal(await create(real).inForce(), undefined)
      t.equal((await peers.stranger.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80 })).outcome, 'passed')
    })

    for (const [what, file, when] of [
      ['while the lists are filled', 'ipset', 'instead'],
      ['after the lists were filled', 'ipset', 'after'],
      ['between the families', iptablesFile(variant, 4, 'restore'), 'after'],
      ['after both families', restore6, 'after'],
    ] as const)
      await t.test(`killed ${what}: each family holds one whole revision, and the next start puts all right`, async (t) => {
        await create(real).remove()
        await create(real).apply(one)
        await t.rejects(create(runFailing(real, file, 1, when, killed)).apply(two), { code: 'NOT_FINISHED' })
        for (const address of [EDGE_ADDRESS_4, EDGE_ADDRESS_6]) {
          t.equal((await peers.approved.probe({ kind: 'tcp', address, port: 80 })).outcome, 'passed', 'approved by both')
          t.equal((await peers.stranger.probe({ kind: 'tcp', address, port: 80 })).outcome, 'reset', 'by neither')
        }
        await create(real).apply(two)
        await assertHolds(t, backend, two)
        t.equal((await setsOf()).length, 11, 'one generation, its mark and the lists of refused sources')
      })

    for (const lines of [2, 3, 4, 5])
      await t.test(
        `killed ${lines} lines into a delta: the next start knows that the list is neither, and puts all right`,
        async (t) => {
          await create(real).remove()
          let isCut = false
          const agent = create((file, args, options = {}) => {
            if (!isCut || file !== 'ipset' || options.input === undefined) return real(file, args, options)
            return real(file, args, { ...options, input: firstLines(options.input, lines) }).then(killed)
          })
          await agent.apply(one)
          isCut = true
          await t.rejects(agent.apply(two), { code: 'NOT_FINISHED' })
          t.ok((await setsOf()).includes(CHANGE_SET), 'the mark of a change is there')
          t.equal(await create(real).inForce(), undefined)
          await create(real).apply(two)
          await assertHolds(t, backend, two)
          t.notOk((await setsOf()).includes(CHANGE_SET), 'and gone')
        },
      )

    await t.test('a delta that finds another list in force changes nothing; all of it is replaced', async (t) => {
      const told: string[] = []
      await create(real).remove()
      const agent = createIpsetFirewall({ run: real, variant, onMisfit: ({ code }) => told.push(code) })
      await agent.apply(one)
      await create(real).apply(aProgram({ revision: 9, approve: ['20.7.0.7'] }))
      await agent.apply(two)
      t.same(told, ['NOT_IN_FORCE'], 'it is told')
      await assertHolds(t, backend, two)
    })

    await t.test('a change of lists alone starts one program that changes anything, and looks once', async (t) => {
      await create(real).remove()
      const started: string[] = []
      const agent = create((file, args, options) => {
        started.push(`${file} ${args[0]}`)
        return real(file, args, options)
      })
      await agent.apply(one)
      started.length = 0
      await agent.check(two)
      await agent.apply(two)
      t.same(
        started.map((words) => words.replace(/^.*tables.*-save.*$/, 'save')),
        ['ipset restore', 'save', 'save', 'ipset list'],
      )
      await assertHolds(t, backend, two)
    })

    await t.test("a rule of somebody else's that names our list does not stop us", async (t) => {
      const told: string[] = []
      await create(real).remove()
      await create(real).apply(one)
      const rule = ['-m', 'set', '--match-set', 'edgeward-approved4-a', 'src', '-j', 'ACCEPT']
      await edge.mustRun(`iptables-${variant}`, ['-w', '-A', 'OUTPUT', ...rule])
      for (const program of [two, { ...one, revision: 3 }, { ...two, revision: 4 }]) {
        await createIpsetFirewall({ run: real, variant, onMisfit: ({ code }) => told.push(code) }).apply(program)
        await assertHolds(t, backend, program)
      }
      t.ok(told.length > 0, 'it is told that a list could not be cleared away')
      await edge.mustRun(`iptables-${variant}`, ['-w', '-D', 'OUTPUT', ...rule])
    })

    await t.test('through 30 changes nobody approved is refused, and no stranger passes', async (t) => {
      await create(real).remove()
      let firewall = create(real)
      // Every prefix length all the time, so that the change from one cover to the next goes by a delta.
      const others = ['20.8.0.0/24', '20.8.1.0/25', '20.8.2.2', '2400:8::/48', '2400:8:1::/49', '2400:8:2::2']
      const covers = [
        [...others, '20.1.0.1', '2400:1::1'],
        [...others, '20.1.0.0/24', '2400:1::/48'],
        [...others, '20.1.0.0/25', '20.1.0.128/25', '2400:1::/49'],
      ]
      await firewall.apply(aProgram({ revision: 1, approve: covers[0] ?? [] }))
      let isDone = false
      const wrong: string[] = []
      let probes = 0
      const probeUntilDone = async (who: 'approved' | 'stranger', address: string, expected: string): Promise<void> => {
        while (!isDone) {
          // Long enough for a lost packet to be sent again: a busy machine loses some, a refusal is a reset.
          const { outcome } = await peers[who].probe({ kind: 'tcp', address, port: 80, timeoutMs: 30_000 })
          if (outcome !== expected) wrong.push(`${who} ${address} ${outcome}`)
          probes += 1
        }
      }
      const probing = [EDGE_ADDRESS_4, EDGE_ADDRESS_6].flatMap((address) => [
        probeUntilDone('approved', address, 'passed'),
        probeUntilDone('stranger', address, 'reset'),
      ])
      for (let revision = 2; revision <= 31; revision += 1) {
        // Every fifth time without memory: all of it in place of a delta.
        if (revision % 5 === 0) firewall = create(real)
        await firewall.apply(aProgram({ revision, approve: covers[revision % covers.length] ?? [], mode: 'enforce' }))
      }
      isDone = true
      await Promise.all(probing)
      t.same(wrong, [], `${probes} probes`)
      t.ok(probes > 120, `${probes} probes`)
    })

    await create(real).remove()
  }

  for (const backend of IPSET_BACKENDS)
    await t.test(backend.name, { skip: backend.skip, timeout: 140_000 }, (t) => showOn(t, backend))
}

/** The `nth` change that `file` makes ends so, done (`after`) or not (`instead`); everything else is real. */
function runFailing(
  real: RunProgram,
  file: string,
  nth: number,
  when: 'instead' | 'after',
  end: () => ProgramResult,
): RunProgram {
  let calls = 0
  return async (called, args, options) => {
    if (called === file && options?.input !== undefined) calls += 1
    const isIt = called === file && options?.input !== undefined && calls === nth
    if (!isIt) return real(called, args, options)
    if (when === 'after') await real(called, args, options)
    return end()
  }
}

function* firstLines(input: Iterable<string> | AsyncIterable<string>, count: number): Generator<string> {
  const lines = [...(input as Iterable<string>)].join('').split('\n')
  yield `${lines.slice(0, count).join('\n')}\n`
}
