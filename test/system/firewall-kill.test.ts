import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { parseSetElements, readApproved } from '../../agent/firewall/read-approved.ts'
import { ProgramError } from '../../agent/process/program-error.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, type TestNamespace } from '../support/netns.ts'
import { managementInTurn, revisionInTurn } from '../support/revisions-in-turn.ts'
import { createSeeded } from '../support/seeded.ts'
import { until } from '../support/until.ts'

const WORKER = fileURLToPath(new URL('../support/apply-for-ever.ts', import.meta.url))
const ROUNDS = 20
const SEED = 20240727

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const network = await createTestNetwork({ clients: {} })
  t.teardown(() => network.dispose())
  const { edge } = network
  const run = runInNamespace(edge)
  const random = createSeeded(SEED)
  await createNftFirewall({ run }).apply(revisionInTurn(1))
  let revision = 1
  let changed = 0

  for (let round = 1; round <= ROUNDS; round += 1) {
    const victim = ['agent', 'nft', 'both'][random.below(3)] ?? 'agent'
    const afterApplies = random.below(4)
    const afterMs = random.below(250)
    const way = round % 2 === 0 ? 'netlink' : 'nft'
    await t.test(
      `kill ${victim} ${afterMs} ms into apply ${afterApplies + 1} by ${way}: the kernel holds one whole revision`,
      async (t) => {
        await killWhileApplying(edge, [String(revision + 1), way], victim, afterApplies, afterMs)
        const inForce = await createNftFirewall({ run }).inForce()
        const expected = revisionInTurn(inForce?.revision ?? 0)
        t.match(inForce, { digest: expected.digest, mode: expected.mode }, `revision ${inForce?.revision} is named`)
        t.equal(digestOf(await readApproved(run)), expected.digest, 'every approved element is there and no other')
        const management = managementInTurn(inForce?.revision ?? 0)
        for (const [index, set] of ['mgmt4', 'mgmt6'].entries()) {
          const { stdout } = await edge.mustRun('nft', ['--json', 'list', 'set', 'inet', 'edgeward', set])
          t.equal([...parseSetElements(stdout)].join(), management[index], `${set} belongs to the same revision`)
        }
        if (inForce?.revision !== revision) changed += 1
        revision = inForce?.revision ?? 0
      },
    )
  }
  await t.test(
    'killed before the last step of a whole load: what is blocked then is blocked, and the next load is whole',
    async (t) => {
      const dying: RunProgram = async (file, args, options) => {
        const text = [...((options?.input ?? []) as Iterable<string>)].join('')
        if (text.startsWith('# edgeward: in order, revision')) throw new ProgramError('KILLED', 'killed by the test')
        return run(file, args, { ...options, ...(options?.input === undefined ? {} : { input: [text] }) })
      }
      const next = revisionInTurn(revision + 1)
      await t.rejects(createNftFirewall({ run: dying }).apply(next), { code: 'NOT_FINISHED' })
      const after = createNftFirewall({ run })
      const about = { revision: next.revision, digest: next.digest, mode: next.mode }
      t.same(await after.inForce(), { ...about, isUnsettled: true })
      await after.setBlocked([{ block: parseBlock('20.250.0.9'), remainingMs: 600_000 }])
      t.same(await after.inForce(), about)
      const { stdout } = await edge.mustRun('nft', ['list', 'table', 'inet', 'edgeward'])
      t.match(stdout, /ip saddr @block4 counter .*goto refuse/)
      t.match(stdout, /set block4 \{[^}]*20\.250\.0\.9/)
      t.notMatch(stdout, /-next/)
      await after.apply(next)
      t.same(await after.inForce(), about)
      t.equal(digestOf(await readApproved(run)), next.digest)
    },
  )
  t.ok(changed > ROUNDS / 3, `${changed} of ${ROUNDS} rounds came to another revision: the kills did not all come too early`)
}

/** Starts applying at a revision in one way, waits for as many applies and `afterMs` more, kills, and waits until nothing of it runs. */
async function killWhileApplying(
  edge: TestNamespace,
  args: readonly [first: string, way: string],
  victim: string,
  applies: number,
  afterMs: number,
): Promise<void> {
  const agent = edge.start(process.execPath, [WORKER, ...args])
  let complaint = ''
  agent.stderr?.on('data', (chunk: Buffer) => {
    complaint += String(chunk)
  })
  if (agent.stdout === null || agent.pid === undefined) throw new Error('no agent was started')
  let started = 0
  for await (const line of createInterface({ input: agent.stdout })) {
    if (line.startsWith('apply ')) started += 1
    if (started > applies) break
  }
  await pause(afterMs)
  if (agent.exitCode !== null) throw new Error(`The agent ended by itself: ${complaint}`)
  if (victim !== 'agent') for (const pid of await childrenOf(agent.pid)) killIfThere(pid)
  if (victim !== 'nft') agent.kill('SIGKILL')
  else {
    // It must go on with the next revision by itself.
    await pause(afterMs)
    agent.kill('SIGKILL')
  }
  await until('nothing of it runs any more', async () => {
    const { stdout } = await edge.mustRun('ip', ['netns', 'pids', edge.name])
    // The asking `ip` itself is in there.
    return stdout.trim().split('\n').length <= 1 ? true : undefined
  })
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
