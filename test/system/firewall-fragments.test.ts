import t from 'tap'
import { aProgram } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'
import {
  DESTINATION_OPTIONS,
  destinationOptions,
  type Fragment,
  ipv4Fragment,
  ipv6Fragment,
  sendRaw,
  UDP,
  udpDatagram,
} from '../support/raw-packets.ts'
import { until } from '../support/until.ts'

const APPROVED = '2400:1:0:0:0:0:0:1'
const STRANGER = '2400:9:0:0:0:0:0:9'
const SERVER = '2400:200:0:0:0:0:0:1'
const APPROVED_4 = '20.1.0.1'
const STRANGER_4 = '20.9.0.9'
const SERVER_4 = '20.200.0.1'

/** Destination options in front push the ports into the second fragment. */
const hiding: readonly Fragment[] = [
  { nextHeader: DESTINATION_OPTIONS, offsetBytes: 0, moreFollow: true, payload: destinationOptions(UDP, 2) },
  { nextHeader: DESTINATION_OPTIONS, offsetBytes: 16, moreFollow: false, payload: udpDatagram(443, 8) },
]
const plain = (port: number): readonly Fragment[] => {
  const datagram = udpDatagram(port, 24)
  return [
    { nextHeader: UDP, offsetBytes: 0, moreFollow: true, payload: datagram.subarray(0, 16) },
    { nextHeader: UDP, offsetBytes: 16, moreFollow: false, payload: datagram.subarray(16) },
  ]
}

interface Row {
  readonly from: string
  readonly sent: readonly Fragment[]
  /** First and later fragments that reach the server. */
  readonly arrive: readonly [number, number]
  readonly reason: string
}

const ROWS: readonly Row[] = [
  { from: APPROVED, sent: plain(443), arrive: [1, 1], reason: 'approved: untouched' },
  { from: APPROVED, sent: hiding, arrive: [1, 1], reason: 'approved: its odd headers are its own affair' },
  {
    from: STRANGER,
    sent: plain(443),
    arrive: [0, 1],
    reason: 'the first carries the port and is refused; the rest is worth nothing without it',
  },
  { from: STRANGER, sent: plain(53), arrive: [1, 1], reason: 'another port: untouched' },
  { from: STRANGER, sent: hiding, arrive: [0, 1], reason: 'a first fragment that hides its port is judged whatever it is' },
]

t.setTimeout(180_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const network = await createTestNetwork({
    clients: { approved: [APPROVED, APPROVED_4], stranger: [STRANGER, STRANGER_4], server: [SERVER, SERVER_4] },
  })
  t.teardown(() => network.dispose())
  const server = network.client('server')
  const clients = new Map([
    [APPROVED, network.client('approved')],
    [STRANGER, network.client('stranger')],
  ])

  for (const backend of FIREWALL_BACKENDS)
    await t.test(backend.name, { skip: backend.skip }, async (t) => {
      const firewall = backend.create({ run: runInNamespace(network.edge) })
      await firewall.apply(aProgram({ hooks: ['input', 'forward'], approve: ['2400:1::1', APPROVED_4] }))
      for (const { from, sent, arrive, reason } of ROWS) {
        await t.test(`fragments from ${from === APPROVED ? 'an approved source' : 'a stranger'}: ${reason}`, async (t) => {
          // Counted before the server's own reassembly (priority -400), in a table made anew for each row.
          await server.mustRun('nft', ['-f', '-'], {
            input: `flush ruleset
table inet count {
	chain first { type filter hook prerouting priority -450; frag frag-off 0 counter; }
	chain later { type filter hook prerouting priority -450; frag frag-off != 0 counter; }
}
`,
          })
          const space = clients.get(from) ?? t.bailout(`no client ${from}`)
          if (space === undefined) return
          await sendRaw(
            space,
            SERVER,
            sent.map((fragment) => ipv6Fragment(from, SERVER, fragment)),
          )
          const counts = await until('the last fragment', async () => {
            const listed = (await server.mustRun('nft', ['list', 'ruleset'])).stdout
            const found = [...listed.matchAll(/counter packets (\d+)/g)].map((match) => Number(match[1]))
            return found[1] === arrive[1] ? found : undefined
          })
          t.same(counts, arrive)
        })
      }

      // Through the edge nobody puts them together; a first one always carries its ports (RFC 791: 8 bytes at least).
      for (const { from, port, arrive, reason } of [
        { from: APPROVED_4, port: 443, arrive: 2, reason: 'approved: untouched' },
        {
          from: STRANGER_4,
          port: 443,
          arrive: 1,
          reason: 'the first carries the port and is refused; the rest is worth nothing',
        },
        { from: STRANGER_4, port: 53, arrive: 2, reason: 'another port: untouched' },
      ]) {
        await t.test(`IPv4 fragments through the edge from ${from} to port ${port}: ${reason}`, async (t) => {
          await server.mustRun('nft', ['-f', '-'], {
            input: `flush ruleset\ntable ip count { chain any { type filter hook prerouting priority -450; ip saddr ${from} counter; }; }\n`,
          })
          const space = network.client(from === APPROVED_4 ? 'approved' : 'stranger')
          const sent = plain(port).map((fragment) => ipv4Fragment(from, SERVER_4, fragment))
          await sendRaw(space, SERVER_4, sent)
          const count = await until('the last fragment', async () => {
            const found = /counter packets (\d+)/.exec((await server.mustRun('nft', ['list', 'ruleset'])).stdout)
            return Number(found?.[1]) >= arrive ? Number(found?.[1]) : undefined
          })
          t.equal(count, arrive)
        })
      }

      await t.test('fragments to the edge itself: the stranger is listed', async (t) => {
        await firewall.remove()
        await firewall.apply(aProgram({ hooks: ['input'], approve: ['2400:1::1'] }))
        const edge = '2001:db8:ed9e:0:0:0:0:1'
        await sendRaw(
          network.client('stranger'),
          edge,
          hiding.map((fragment) => ipv6Fragment(STRANGER, edge, fragment)),
        )
        const seen = await until('the stranger in the list', async () => {
          const found = await firewall.seen(10)
          return found.length > 0 ? found : undefined
        })
        t.match(seen, [{ address: '2400:9::9', packets: 1 }])
      })
      await firewall.remove()
    })
}
