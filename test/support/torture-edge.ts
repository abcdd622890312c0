import { generateKeyPairSync } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { saveIdentity, savePrivateKey } from '../../agent/enrol/identity-store.ts'
import { readIpsetList } from '../../agent/firewall/read-ipset.ts'
import type { AgentStatus } from '../../agent/status/agent-status.ts'
import { pinRoot } from '../../agent/trust/trust-store.ts'
import { blocksOf } from '../../rules/addresses/block-set-lines.ts'
import type { AllowEntry } from '../../rules/revisions/allow-document.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { anEntry } from './allow-lists.ts'
import { askSocket } from './ask-socket.ts'
import { runInNamespace } from './namespace-run.ts'
import { createTestNetwork, type TestNamespace, type TestNetwork } from './netns.ts'
import { type Place, startOwn } from './place.ts'
import { type KernelContent, readIpsetKernel, readNftKernel } from './read-kernel.ts'
import type { Service } from './service.ts'
import { type SignedCentral, type SignedRevision, startSignedCentral } from './signed-central.ts'
import { until } from './until.ts'
import { createWorkDir, type WorkDir } from './work-dir.ts'

const PORT = 8480
/** For a machine with much else to do: it decides only how long a failure takes. */
export const PATIENCE_MS = 180_000

/** A network and a way to a central, made once for many rounds. */
export interface TortureGround extends AsyncDisposable {
  readonly network: TestNetwork
  readonly folder: WorkDir
  /** A new edge, enrolled and without a list, and a new central with revision 1; nothing of the one before is left in the kernel. */
  open(options?: TortureEdgeOptions): Promise<TortureEdge>
}

export interface TortureEdgeOptions {
  readonly backend?: 'nft' | 'ipset'
  /** Hosts of each list; 2000 if not given. */
  readonly hosts?: number
  /** Where the state lies, empty; a new folder if not given. */
  readonly stateDir?: string
  /** Options of the config file beside the ones that every edge here has. */
  readonly more?: Readonly<Record<string, unknown>>
  /** The command line to start the agent by, in place of its own. */
  readonly wrap?: (commandLine: readonly string[]) => readonly string[]
}

/** An edge whose agent is a real process on a real kernel, and a central that signs whatever is asked for. */
export interface TortureEdge extends AsyncDisposable {
  readonly central: SignedCentral
  readonly stateDir: string
  startAgent(): Service
  /** Aborted once the agent that was started last has ended. */
  readonly ended: AbortSignal
  status(): Promise<AgentStatus>
  untilStatus(what: string, isRight: (status: AgentStatus) => boolean): Promise<AgentStatus>
  /** What the kernel of the edge holds. @throws Error where it is not one signed revision, whole, or an older one than `floor` */
  assertSigned(floor: number): Promise<KernelContent | undefined>
  /** Takes our rules out of the kernel, as somebody else would. */
  removeRules(): Promise<void>
  /** Signs a revision of which many hosts differ from the one before. */
  publish(): Promise<SignedRevision>
  /** Waits until the newest revision is in force, kernel and status alike. */
  untilNewest(): Promise<AgentStatus>
}

/** Makes the network, with a namespace `boot` beside the edge for what a boot would load. */
export async function createTortureGround(label: string): Promise<TortureGround> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await createWorkDir(label))
  const network = parts.use(await createTestNetwork({ clients: { boot: [] } }))
  const socket = folder.file('central.sock')
  const way = parts.use(
    startOwn(network.edge, 'the way to central', 'test/support/relay.ts', [socket, '127.0.0.1', String(PORT), 'in']),
  )
  await way.line(/ready/)
  const all = parts.move()
  return {
    network,
    folder,
    open: (options = {}) => openEdge(network, folder, socket, options),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function openEdge(
  network: TestNetwork,
  folder: WorkDir,
  socket: string,
  { backend = 'nft', hosts = 2000, stateDir = folder.file('state'), more = {}, wrap = (line) => line }: TortureEdgeOptions,
): Promise<TortureEdge> {
  await using parts = new AsyncDisposableStack()
  const central = parts.use(await startSignedCentral(socket))
  const { edge: space } = network
  const removeRules = async () => {
    await space.mustRun('nft', ['flush', 'ruleset'])
    // nf_tables forgets rules some milliseconds after they are gone; their sets are in use so long.
    if (backend === 'ipset')
      await until('the sets are gone', async () => (await space.run('ipset', ['destroy'])).exitCode === 0 || undefined)
  }
  await removeRules()
  const lists = createListsInTurn(hosts)
  const publish = () => central.publish(lists(central.newest + 1))
  await publish()
  if (stateDir === folder.file('state')) await rm(stateDir, { recursive: true, force: true })
  for (const part of ['identity', 'trust', 'memory', 'boot', 'orders'])
    await mkdir(join(stateDir, part), { recursive: true, mode: 0o700 })
  await savePrivateKey(join(stateDir, 'identity'), generateKeyPairSync('ed25519').privateKey)
  await saveIdentity(join(stateDir, 'identity'), 'agent-1', 'edge-1')
  await pinRoot(join(stateDir, 'trust'), central.rootText)
  const configFile = folder.file('agent.yaml')
  const status = { socket: folder.file('agent.sock') }
  await writeFile(
    configFile,
    stringify({
      name: 'edge-1',
      stateDir,
      control: { url: `http://127.0.0.1:${PORT}`, timeoutMs: 3000 },
      pull: { schedule: '*/2 * * * * *', jitterMs: 0 },
      firewall: { backend },
      management: { prefixes: ['198.18.5.0/24'] },
      limits: { maxShrinkShare: 1 },
      proof: { everyS: 0 },
      status,
      watch: { socket: folder.file('watch.sock') },
      ...more,
    }),
  )
  const readOnce = () => (backend === 'nft' ? readNftKernel(space) : readIpsetKernel(space, 'own'))
  /** ipset and iptables are read one after the other: while an agent goes on, a revision may come in between. What is wrong stays wrong, is read twice alike, or cannot be read to the end. */
  const readKernel = async () => {
    if (backend === 'nft') return readOnce()
    let before = ''
    const { found } = await until(
      'the lists stay as they are while they are read',
      async () => {
        const found = await readOnce()
        const text = JSON.stringify(found ?? null)
        if (text === before) return { found }
        before = text
        return undefined
      },
      { everyMs: 50, deadlineMs: PATIENCE_MS },
    )
    return found
  }
  let ending = new AbortController()
  const all = parts.move()
  const edge: TortureEdge = {
    central,
    stateDir,
    startAgent() {
      const place: Place = {
        start(file, args, { env, cwd } = {}) {
          const [first = file, ...rest] = wrap([file, ...args])
          const all = { ...env, NODE_COMPILE_CACHE: folder.file('cache') }
          return space.start(first, rest, { env: all, ...(cwd === undefined ? {} : { cwd }) })
        },
      }
      const agent = startOwn(place, 'agent run', 'agent/main.ts', ['run', '--config', configFile])
      const end = new AbortController()
      ending = end
      void agent.exited.then(({ code, signal }) =>
        end.abort(new Error(`The agent ended (${code ?? signal}):\n${agent.lines.slice(-6).join('\n')}`)),
      )
      return agent
    },
    get ended() {
      return ending.signal
    },
    status: () => askSocket<AgentStatus>(status.socket, '/status'),
    untilStatus: (what, isRight) =>
      until(
        what,
        async () => {
          const told = await edge.status()
          if (isRight(told)) return told
          throw new Error(JSON.stringify({ inForce: told.inForce, faults: told.faults, newest: central.newest }))
        },
        { everyMs: 20, deadlineMs: PATIENCE_MS, signal: ending.signal },
      ),
    async assertSigned(floor) {
      const found = await readKernel()
      if (found === undefined && backend === 'ipset' && floor > 0) await assertBetween(space, floor, central)
      if (found === undefined) return undefined
      const made = central.signed.get(found.revision)
      if (made?.digest !== found.digest || found.elements !== found.digest || found.mode !== 'enforce')
        throw new Error(
          `The kernel holds what nobody signed: ${JSON.stringify(found)}, signed under this number: ${made?.digest}`,
        )
      if (found.revision < floor)
        throw new Error(`The kernel holds revision ${found.revision}, and revision ${floor} was in force`)
      return found
    },
    removeRules,
    publish,
    async untilNewest() {
      const told = await edge.untilStatus('the newest revision in force', ({ inForce }) => inForce?.revision === central.newest)
      const found = await edge.assertSigned(central.newest)
      if (found?.revision !== central.newest)
        throw new Error(`Status says revision ${central.newest}; the kernel holds ${JSON.stringify(found)}`)
      // An agent that has just started finds it in force, and knows the list that it wants to apply again only by its first pass.
      await until(
        `the rules of revision ${found.revision} look into the sets that changes are made to`,
        async () => (await edge.assertSigned(found.revision))?.isSettled || undefined,
        { everyMs: 50, deadlineMs: PATIENCE_MS, signal: ending.signal },
      )
      return told
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
  return edge
}

/** Between two steps of ipset the lists are neither: who is in both revisions is in them, and nobody who is in neither. */
async function assertBetween(space: TestNamespace, floor: number, { signed }: SignedCentral): Promise<void> {
  const lists = [...signed.values()]
    .filter(({ revision }) => revision >= floor)
    .map(({ bytes }) => new Set(blocksOf(parseAllowDocument(bytes).approved)))
  const found = new Set(blocksOf(await readIpsetList(runInNamespace(space), 'own', 'approved')))
  const strangers = [...found].filter((block) => !lists.some((list) => list.has(block)))
  const missing = [...(lists[0] ?? [])].filter((block) => lists.every((list) => list.has(block)) && !found.has(block))
  if (strangers.length + missing.length > 0)
    throw new Error(
      `The lists hold ${strangers.length} blocks that nobody signed and lack ${missing.length} that were always approved`,
    )
}

/** The list of each revision: neighbours share most hosts; two sevenths of them, some prefixes and one host of its own differ. */
function createListsInTurn(hosts: number): (revision: number) => readonly AllowEntry[] {
  const all = Array.from({ length: hosts }, (_, index) => anEntry(`20.${index >> 16}.${(index >> 8) & 255}.${index & 255}`))
  const prefixes = Array.from({ length: 60 }, (_, index) => anEntry(`14.9.${index}.0/24`))
  const v6 = Array.from({ length: 60 }, (_, index) => anEntry(index % 2 === 0 ? `2400:9:${index}::/48` : `2400:1::${index}`))
  return (revision) => [
    ...all.filter((_, index) => index % 7 !== revision % 7),
    ...[...prefixes, ...v6].filter((_, index) => index % 3 !== revision % 3),
    anEntry(`21.0.${revision >> 8}.${revision & 255}`),
  ]
}
