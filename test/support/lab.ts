import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { createTestNetwork, EDGE_ADDRESS_4, type TestNetwork } from './netns.ts'
import { type Peer, startPeer } from './peer.ts'
import { type Place, startOwn, THIS_HOST } from './place.ts'
import { startRelay } from './relay.ts'

/** The control API's own address; a documentation range, because it is never on a list. RFC 5737. */
export const CONTROL_ADDRESS = '203.0.113.2'
const CONTROL_PORT = 8480
const CONTROL = 'control'

/** Where the parts of a story run: an edge, a control host and clients. */
export interface Lab extends AsyncDisposable {
  /** False where no packet is judged, because all of it is this one host. */
  readonly hasPackets: boolean
  readonly edge: Place
  readonly control: Place
  /** Where the control API listens, seen from the edge. */
  readonly controlHost: string
  readonly controlPort: number
  /** The control API as this process and a browser on this host reach it. */
  readonly controlUrl: string
  /** Where clients reach the portal. */
  readonly portalAddress: string
  readonly portalPorts: readonly number[]
  /** The helper process of a client. */
  client(name: string): Promise<Peer>
  /** Gives a client an address, beside those it has. */
  giveAddress(name: string, address: string): Promise<void>
  /** Headers of a client that say who it is, where its packets cannot. */
  headersOf(address: string): Readonly<Record<string, string>>
}

/** Header by which the portal stand-in knows a client where all clients are this host. */
export const CLIENT_HEADER = 'x-lab-client'

/** A lab in private network namespaces. `folder` takes the sockets that lead out of them. */
export async function createNamespaceLab(folder: string, clients: readonly string[]): Promise<Lab & { network: TestNetwork }> {
  await using parts = new AsyncDisposableStack()
  const names = Object.fromEntries(clients.map((name) => [name, []]))
  const network = parts.use(await createTestNetwork({ clients: { ...names, [CONTROL]: [CONTROL_ADDRESS] } }))
  const control = network.client(CONTROL)
  const socket = join(folder, 'control.sock')
  const way = parts.use(
    startOwn(control, 'the way to the control API', 'test/support/relay.ts', [socket, CONTROL_ADDRESS, String(CONTROL_PORT)]),
  )
  await way.line(/ready/)
  const relay = parts.use(await startRelay({ host: '127.0.0.1', port: 0 }, { path: socket }))
  const all = parts.move()
  return {
    network,
    hasPackets: true,
    edge: network.edge,
    control,
    controlHost: CONTROL_ADDRESS,
    controlPort: CONTROL_PORT,
    controlUrl: `http://127.0.0.1:${relay.port}`,
    portalAddress: EDGE_ADDRESS_4,
    portalPorts: [80, 443],
    client: (name) => network.client(name).peer(),
    async giveAddress(name, address) {
      const client = network.client(name)
      await client.mustRun('ip', ['addr', 'add', `${address}/32`, 'dev', 'eth0'])
      await client.mustRun('ip', ['route', 'replace', 'default', 'via', EDGE_ADDRESS_4, 'dev', 'eth0', 'onlink'])
      await network.edge.mustRun('ip', ['route', 'add', `${address}/32`, 'dev', client.edgeInterface])
    },
    headersOf: () => ({}),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A lab on this host's loopback: everything runs, and no packet is judged. */
export async function createLoopbackLab(): Promise<Lab> {
  await using parts = new AsyncDisposableStack()
  const clients = new Map<string, Promise<Peer>>()
  const children = parts.adopt(new Set<ReturnType<Place['start']>>(), (set) => {
    for (const child of set) child.kill('SIGKILL')
  })
  const place: Place = {
    start(file, args, options) {
      const child = THIS_HOST.start(file, args, options)
      children.add(child)
      return child
    },
  }
  const [controlPort, portalPort] = await freePorts(2)
  const all = parts.move()
  return {
    hasPackets: false,
    edge: place,
    control: place,
    controlHost: '127.0.0.1',
    controlPort: controlPort ?? 0,
    controlUrl: `http://127.0.0.1:${controlPort}`,
    portalAddress: '127.0.0.1',
    portalPorts: [portalPort ?? 0],
    client(name) {
      const found = clients.get(name) ?? startPeer({ name, start: (...given) => place.start(...given) })
      clients.set(name, found)
      return found
    },
    giveAddress: () => Promise.resolve(),
    headersOf: (address) => ({ [CLIENT_HEADER]: address }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
