import { mkdir } from 'node:fs/promises'
import type { InForce } from '../../agent/firewall/firewall.ts'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { findRemains } from '../../agent/firewall/nft-state.ts'
import { parseSetElements } from '../../agent/firewall/read-approved.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { type ControlHost, createControlHost } from './control-host.ts'
import { createEdgeHost, type EdgeHost } from './edge-host.ts'
import { CONTROL_ADDRESS, createNamespaceLab } from './lab.ts'
import type { Manner } from './meddling-proxy.ts'
import type { TestNetwork } from './netns.ts'
import type { Peer, ProbeResult } from './peer.ts'
import { type Place, startOwn } from './place.ts'
import { type SeedRow, seedRegistrations } from './seed-registrations.ts'
import type { Service } from './service.ts'
import { createWorkDir } from './work-dir.ts'

const PROXY_PORT = 8481
const SETS = ['host4', 'net4', 'host6', 'net6']

export interface MainJobOptions {
  /** Client name to its address. */
  readonly clients: Readonly<Record<string, string>>
  readonly rows: readonly SeedRow[]
  /** Options of the edge's config beside those of the lab; dotted paths nested by the caller. */
  readonly edge?: Readonly<Record<string, unknown>>
  /** The key that the edges share. */
  readonly tallyKey?: Uint8Array
  /** The same of the control API's. */
  readonly control?: Readonly<Record<string, unknown>>
}

/** The answer of `POST /v1/revisions`. */
export interface Publication {
  readonly revision: number
  readonly digest: string
}

/** A control API, a proxy before it that can be told to lie, an edge and clients: real processes, packets and kernel. */
export interface MainJobLab extends AsyncDisposable {
  readonly network: TestNetwork
  readonly portalAddress: string
  readonly control: ControlHost
  readonly edge: EdgeHost
  /** One more edge, with a portal and a kernel of its own, in the place of the client of that name: others reach it by that client's address. */
  edgeAt(client: string): Promise<EdgeHost>
  serve(): Promise<Service>
  /** SIGKILL for every control API that runs. */
  killControl(): Promise<void>
  /** Publishes what is approved; digests of all revisions are kept in `digests`. */
  publish(order?: Readonly<Record<string, unknown>>): Promise<Publication>
  readonly digests: ReadonlyMap<number, string>
  /** How the proxy between edge and control API behaves from now on. */
  behave(manner: Manner): Promise<void>
  client(name: string): Promise<Peer>
  /** `address`: of another edge than the first. */
  ask(name: string, port: number, address?: string): Promise<ProbeResult>
  /** Digest of the approved elements as the kernel lists them; `undefined` where our table is not there. */
  kernelDigest(): Promise<string | undefined>
  /**
   * What the kernel says of itself and the digest of its elements, read while nothing changed: a program of a killed agent may still run.
   * `undefined` where nothing of ours judges packets. @throws Error where half a table does
   */
  kernelState(): Promise<(InForce & { readonly elements: string | undefined }) | undefined>
}

/** Makes the lab with `rows` approved and revision 1 published in mode enforce; portal and proxy run, agent and watch do not. */
export async function createMainJobLab({
  clients,
  rows,
  edge: more = {},
  control: moreControl = {},
  tallyKey,
}: MainJobOptions): Promise<MainJobLab> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await createWorkDir('ew-lab'))
  await mkdir(folder.file('control'))
  const lab = parts.use(await createNamespaceLab(folder.path, Object.keys(clients)))
  for (const [name, address] of Object.entries(clients)) await lab.giveAddress(name, address)
  const control = await createControlHost({
    place: lab.control,
    folder: folder.file('control'),
    host: lab.controlHost,
    port: lab.controlPort,
    baseUrl: lab.controlUrl,
    more: moreControl,
  })
  await control.init()
  const serving = parts.adopt(new Set<Service>(), (set) => stopAll(set))
  const serve = async () => {
    const service = await control.serve()
    serving.add(service)
    return service
  }
  await serve()
  await seedRegistrations(control, folder.file('control'), rows)

  const digests = new Map<number, string>()
  const publish = async (order: Readonly<Record<string, unknown>> = {}) => {
    const made = await control.as('approver').post<Publication>('/v1/revisions', order)
    digests.set(made.revision, made.digest)
    return made
  }
  await publish({ mode: 'enforce' })

  const upstream = [lab.controlHost, String(lab.controlPort)]
  const proxy = parts.use(
    startOwn(lab.control, 'the meddling proxy', 'test/support/meddling-proxy.ts', [
      CONTROL_ADDRESS,
      String(PROXY_PORT),
      ...upstream,
    ]),
  )
  await proxy.line(/^ready/)
  const edgeHost = async (name: string, place: Place, part: string) =>
    createEdgeHost({
      place,
      folder: folder.file(part),
      name,
      controlUrl: `http://${CONTROL_ADDRESS}:${PROXY_PORT}`,
      enrolToken: await control.enrolToken(),
      backend: 'nft',
      management: [],
      portal: { ports: lab.portalPorts },
      hasNginx: false,
      tallyKey,
      more: { pull: { schedule: '*/3 * * * * *', jitterMs: 500 }, ...more },
    })
  const edge = await edgeHost('edge-1', lab.edge, 'edge')
  for (const service of await edge.startPortal()) parts.use(service)
  const portals = parts.adopt(new Set<Service>(), (set) => stopAll(set))
  const firewall = createNftFirewall({ run: (file, args) => lab.network.edge.run(file, args) })
  const kernelDigest = async () => {
    const blocks = []
    for (const set of SETS) {
      const { exitCode, stdout, stderr } = await lab.network.edge.run('nft', ['--json', 'list', 'set', 'inet', 'edgeward', set])
      if (exitCode !== 0 && /No such file/.test(stderr)) return undefined
      if (exitCode !== 0) throw new Error(`nft list set ${set}: ${stderr}`)
      blocks.push(...parseSetElements(stdout))
    }
    return digestOf(createBlockSet(blocks))
  }
  const all = parts.move()
  return {
    network: lab.network,
    portalAddress: lab.portalAddress,
    control,
    edge,
    async edgeAt(client) {
      const other = await edgeHost(client, lab.network.client(client), client)
      for (const service of await other.startPortal()) portals.add(service)
      return other
    },
    serve,
    async killControl() {
      await Promise.all([...serving].map((service) => service.stop('SIGKILL')))
      serving.clear()
    },
    publish,
    digests,
    async behave(manner) {
      proxy.say(manner)
      await proxy.line(new RegExp(`^now ${manner}$`))
    },
    client: (name) => lab.client(name),
    async ask(name, port, address = lab.portalAddress) {
      const client = await lab.client(name)
      return client.probe({ kind: 'http', address, port, path: '/', timeoutMs: 20_000 })
    },
    async kernelState() {
      for (;;) {
        const before = await firewall.inForce()
        const elements = await kernelDigest()
        const isIdle =
          findRemains((await lab.network.edge.mustRun('nft', ['--json', '--terse', 'list', 'ruleset', 'inet'])).stdout).kind ===
          'idle'
        const after = await firewall.inForce()
        if (before?.revision !== after?.revision) continue
        if (before === undefined && !isIdle) throw new Error('The kernel judges packets by a table of ours that is not whole')
        return before && { ...before, elements }
      }
    },
    kernelDigest,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function stopAll(services: Iterable<Service>): Promise<void> {
  await Promise.all([...services].map((service) => service.stop()))
}
