import { bitsOf, blockOf } from '../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { UNIVERSE } from '../support/block-universe.ts'
import { type FastProber, startFastProber } from '../support/fast-prober.ts'
import { createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6, type TestNamespace } from '../support/netns.ts'
import type { ProbeFlow } from '../support/probe-frames.ts'

/** A flow, with what the judge must know of it. */
export interface GroundFlow extends ProbeFlow {
  /** The cell of `UNIVERSE` that the source is the first address of. */
  readonly cell: number
  readonly hook: 'input' | 'forward'
}

/** A crowd of sources before an edge, and a server behind it. */
export interface PacketGround extends AsyncDisposable {
  readonly edge: TestNamespace
  readonly prober: FastProber
}

const CROWD = ['20.99.0.1', '2400:99::1'] as const
const SERVER = ['20.200.0.1', '2400:200::1'] as const
const PORT = 443

/** Where the crowd's sources are: v4, v6. */
export const SOURCES = ['220.0.16.0/20', '2405:4800::/32'] as const

/** Every kind of flow: each source of the universe to the edge (`input`) and to the server (`forward`), by TCP and by UDP. */
export const GROUND_FLOWS: readonly GroundFlow[] = UNIVERSE.flatMap((block, cell) => {
  const { family, value } = bitsOf(block)
  const from = blockOf({ family, value, length: family === 4 ? 32 : 128 })
  const targets = { input: family === 4 ? EDGE_ADDRESS_4 : EDGE_ADDRESS_6, forward: SERVER[family === 4 ? 0 : 1] }
  return (['input', 'forward'] as const).flatMap((hook) =>
    (['tcp', 'udp'] as const).map((asks) => ({ from, to: parseBlock(targets[hook]), asks, port: PORT, cell, hook })),
  )
})

/** Makes the network, lets the kernels answer without limit or memory, and starts the prober of `flows`; their sources must be of `SOURCES`. */
export async function createPacketGround(flows: readonly ProbeFlow[]): Promise<PacketGround> {
  await using stack = new AsyncDisposableStack()
  const network = stack.use(await createTestNetwork({ clients: { crowd: CROWD, server: SERVER } }))
  const { edge } = network
  const crowd = network.client('crowd')
  const server = network.client('server')
  for (const answering of [edge, server]) {
    // A SYN-ACK for every SYN and nothing kept of it; an ICMP error for every refusal. ip-sysctl.rst
    await answering.mustRun('sysctl', [
      '-qw',
      'net.ipv4.tcp_syncookies=2',
      'net.ipv4.icmp_ratemask=0',
      'net.ipv4.icmp_ratelimit=0',
      'net.ipv6.icmp.ratemask=0',
      'net.ipv6.icmp.ratelimit=0',
    ])
    await (await answering.peer()).listen('http', PORT)
  }
  // The sources are nobody's addresses: the crowd's kernel must not answer for them.
  for (const [place, prefix] of SOURCES.entries())
    await edge.mustRun('ip', ['route', 'add', prefix, 'via', CROWD[place] ?? '', 'dev', crowd.edgeInterface])
  const prober = await startFastProber(crowd, edge, flows)
  const owned = stack.move()
  return { edge, prober, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
