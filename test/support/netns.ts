import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { execa, type Options } from 'execa'
import { type Peer, startPeer } from './peer.ts'

const NETNS_DIR = '/run/netns'
const NAME_PREFIX = 'ew'

/** Where every client reaches the edge; documentation ranges, because the edge's own address is never on a list. RFC 5737, RFC 3849. */
export const EDGE_ADDRESS_4 = '203.0.113.1'
export const EDGE_ADDRESS_6 = '2001:db8:ed9e::1'

/** A program's end inside a namespace. Never throws for an exit code: tests judge it. */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | AsyncIterable<string> | Iterable<string>
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly cwd?: string
  /** The pid is the program's own. */
  readonly onStart?: (pid: number) => void
}

/** One network namespace; programs run inside it, never beside it. */
export interface TestNamespace {
  readonly name: string
  /** The name of the veth in the edge that leads here (`to-<client>`); `lo` for the edge itself. */
  readonly edgeInterface: string
  readonly addresses: readonly string[]
  /** Program and arguments that start `file` inside: `['ip', 'netns', 'exec', …]`. */
  commandLine(file: string, args: readonly string[]): readonly [string, ...string[]]
  run(file: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** As `run`, but an exit code other than 0 throws with both outputs. */
  mustRun(file: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Starts a long-running program with its pipes open; it is killed when the network is disposed. The pid is the program's own. */
  start(file: string, args: readonly string[], options?: { env?: Readonly<Record<string, string>>; cwd?: string }): ChildProcess
  /** The helper process in here that probes and serves; started on first use. */
  peer(): Promise<Peer>
}

/** An edge and its clients, each joined to the edge by a veth pair. */
export interface TestNetwork extends AsyncDisposable {
  readonly edge: TestNamespace
  /** @throws when there is no client of that name */
  client(name: string): TestNamespace
  dispose(): Promise<void>
}

export interface NetworkOptions {
  /** Client name (`[a-z][a-z0-9]{0,10}`) to its addresses, v4 and v6 mixed: `{ approved: ['20.1.0.1', '2400:1::1'] }`. */
  readonly clients: Readonly<Record<string, readonly string[]>>
}

/**
 * Makes a private network: the edge at `EDGE_ADDRESS_4` and `EDGE_ADDRESS_6`, every client with a default route through it, forwarding on. So a
 * client also serves as "a server behind the edge". Use with `await using`; also removed when the process exits, and by the next run if this one is killed.
 */
export async function createTestNetwork(options: NetworkOptions): Promise<TestNetwork> {
  requireRoot()
  await removeStale()
  const label = `${NAME_PREFIX}-${process.pid}-${nextNumber()}`
  const opened = new Set<TestNamespaceHandle>()
  const removeNow = () => {
    for (const space of opened) space.removeNow()
  }
  process.once('exit', removeNow)
  const dispose = async () => {
    await Promise.all([...opened].map((space) => space.dispose()))
    opened.clear()
    process.off('exit', removeNow)
  }
  const open = async (name: string, edgeInterface: string, addresses: readonly string[]) => {
    await ipBatch([], [`netns add ${name}`])
    const space = createHandle(name, edgeInterface, addresses)
    opened.add(space)
    return space
  }
  try {
    const edge = await open(`${label}-edge`, 'lo', [EDGE_ADDRESS_4, EDGE_ADDRESS_6])
    await edge.mustRun('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'])
    await ipBatch(
      ['-n', edge.name],
      ['link set lo up', `addr add ${EDGE_ADDRESS_4}/32 dev lo`, `addr add ${EDGE_ADDRESS_6}/128 dev lo nodad`],
    )
    const clients = new Map<string, TestNamespaceHandle>()
    for (const [name, addresses] of Object.entries(options.clients)) {
      if (!/^[a-z][a-z0-9]{0,10}$/.test(name))
        throw new Error(`Cannot name a client ${JSON.stringify(name)}: use 1–11 of a–z 0–9`)
      const client = await open(`${label}-${name}`, `to-${name}`, addresses)
      await join(edge, client)
      clients.set(name, client)
    }
    return {
      edge,
      client(name) {
        const found = clients.get(name)
        if (found === undefined) throw new Error(`No client ${JSON.stringify(name)}; there are ${[...clients.keys()].join(', ')}`)
        return found
      },
      dispose,
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Throws unless this process runs inside a namespace made here: for code that would change the ruleset it finds itself in. */
export function assertPrivateNamespace(): void {
  const own = readlinkSync('/proc/self/ns/net')
  const made = namesMadeHere().some((name) => own === `net:[${statSync(`${NETNS_DIR}/${name}`).ino}]`)
  if (!made)
    throw new Error(
      `Refusing to go on in ${own}: it is no test namespace (/run/netns/${NAME_PREFIX}-…). Use createTestNetwork().`,
    )
}

/** True where private networks can be made: root with ip(8). Tests that need one skip with a reason otherwise. */
export function canMakeNetworks(): boolean {
  return process.getuid?.() === 0 && spawnSync('ip', ['-V'], { stdio: 'ignore' }).status === 0
}

interface TestNamespaceHandle extends TestNamespace {
  dispose(): Promise<void>
  removeNow(): void
}

function createHandle(name: string, edgeInterface: string, addresses: readonly string[]): TestNamespaceHandle {
  const children = new Set<ChildProcess>()
  let peer: Promise<Peer> | undefined
  const commandLine = (file: string, args: readonly string[]) => ['ip', 'netns', 'exec', name, file, ...args] as const
  const space: TestNamespaceHandle = {
    name,
    edgeInterface,
    addresses,
    commandLine,
    async run(file, args, options = {}) {
      const [program, ...rest] = commandLine(file, args)
      const child = execa(program, rest, runOptions(options))
      if (child.pid !== undefined) options.onStart?.(child.pid)
      const result = await child
      if (result.exitCode === undefined) throw new Error(`${file} ${args.join(' ')} in ${name}: ${result.shortMessage}`)
      return { exitCode: result.exitCode, stdout: String(result.stdout), stderr: String(result.stderr) }
    },
    async mustRun(file, args, options) {
      const result = await space.run(file, args, options)
      if (result.exitCode === 0) return result
      throw new Error(`${file} ${args.join(' ')} in ${name} ended with ${result.exitCode}: ${result.stderr}${result.stdout}`)
    },
    start(file, args, options = {}) {
      const [program, ...rest] = commandLine(file, args)
      const env = { ...process.env, ...options.env }
      const child = spawn(program, rest, {
        stdio: ['pipe', 'pipe', 'pipe'],
        env,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      })
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    },
    peer() {
      peer ??= startPeer(space)
      return peer
    },
    async dispose() {
      await Promise.all([...children].map(killAndWait))
      await ipBatch([], [`netns del ${name}`])
    },
    removeNow() {
      for (const child of children) child.kill('SIGKILL')
      spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
    },
  }
  return space
}

function runOptions(options: RunOptions): Options {
  return {
    reject: false,
    stripFinalNewline: false,
    timeout: options.timeoutMs ?? 60_000,
    ...(options.input === undefined
      ? { stdin: 'ignore' }
      : { input: typeof options.input === 'string' ? options.input : Readable.from(options.input) }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }
}

/** The veth pair `to-<client>` ↔ `eth0`, and routes both ways. `nodad`: an address must be usable at once. */
async function join(edge: TestNamespace, client: TestNamespace): Promise<void> {
  const port = client.edgeInterface
  const routes = client.addresses.map((address) => {
    const prefix = address.includes(':') ? `route add ${address}/128` : `route add ${address}/32`
    return `${prefix} dev ${port}`
  })
  await ipBatch(
    ['-n', edge.name],
    [
      `link add ${port} type veth peer name eth0 netns ${client.name}`,
      `link set ${port} up`,
      `addr add fe80::1/64 dev ${port} nodad`,
      ...routes,
    ],
  )
  const hasV4 = client.addresses.some((address) => !address.includes(':'))
  const hasV6 = client.addresses.some((address) => address.includes(':'))
  await ipBatch(
    ['-n', client.name],
    [
      'link set lo up',
      'link set eth0 up',
      ...client.addresses.map((address) =>
        address.includes(':') ? `addr add ${address}/128 dev eth0 nodad` : `addr add ${address}/32 dev eth0`,
      ),
      ...(hasV4 ? [`route add default via ${EDGE_ADDRESS_4} dev eth0 onlink`] : []),
      ...(hasV6 ? ['route add default via fe80::1 dev eth0'] : []),
    ],
  )
}

async function ipBatch(flags: readonly string[], lines: readonly string[]): Promise<void> {
  // A batch line takes no family flag: ip(8) takes the family from the address.
  const result = await execa('ip', [...flags, '-batch', '-'], { input: `${lines.join('\n')}\n`, reject: false })
  if (result.exitCode !== 0) throw new Error(`ip ${flags.join(' ')} could not do «${lines.join('; ')}»: ${result.stderr}`)
}

async function removeStale(): Promise<void> {
  const stale = namesMadeHere().filter((name) => !isAlive(Number(name.split('-')[1])))
  await Promise.all(stale.map((name) => execa('ip', ['netns', 'del', name], { reject: false })))
}

function namesMadeHere(): readonly string[] {
  try {
    return readdirSync(NETNS_DIR).filter((name) => new RegExp(`^${NAME_PREFIX}-\\d+-\\d+-`).test(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new Error(
    'Cannot make network namespaces: this test needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN). Run it with sudo or in a root container.',
  )
}

async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  child.kill('SIGKILL')
  await gone
}

const counter = { value: 0 }
function nextNumber(): number {
  counter.value += 1
  return counter.value
}
