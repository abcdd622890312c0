/** IPv6 sources that carry an approved IPv4 address inside are no such source: they are strangers of IPv6, on the way in and on the way through. */
import t from 'tap'
import { aProgram } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4 } from '../support/netns.ts'
import { ipv6Packet, sendRaw, udpDatagram } from '../support/raw-packets.ts'
import { until } from '../support/until.ts'

const APPROVED_4 = '20.1.0.1'
const APPROVED_6 = '2400:1:0:0:0:0:0:1'
const SERVER = '2400:200:0:0:0:0:0:1'
const EDGE = '2001:db8:ed9e:0:0:0:0:1'

/** Each with 20.1.0.1 inside: 1401:0001. */
const DISGUISES = [
  ['0:0:0:0:0:ffff:1401:1', 'IPv4-mapped, RFC 4291 §2.5.5.2'],
  ['0:0:0:0:0:0:1401:1', 'IPv4-compatible, RFC 4291 §2.5.5.1'],
  ['2002:1401:1:0:0:0:0:1', '6to4, RFC 3056'],
  ['64:ff9b:0:0:0:0:1401:1', 'NAT64, RFC 6052'],
] as const

t.setTimeout(180_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using network = await createTestNetwork({
    clients: { approved: [APPROVED_4, '2400:1::1'], server: ['20.200.0.1', '2400:200::1'] },
  })
  const { edge } = network
  const server = network.client('server')
  const client = network.client('approved')
  await (await edge.peer()).listen('http', 443)
  const datagram = udpDatagram(443, 8)

  for (const backend of FIREWALL_BACKENDS)
    await t.test(backend.name, { skip: backend.skip }, async (t) => {
      const firewall = backend.create({ run: runInNamespace(edge) })
      for (const hook of ['input', 'forward'] as const)
        for (const [from, reason] of DISGUISES)
          await t.test(`${hook}: ${reason}`, async (t) => {
            await firewall.remove()
            await firewall.apply(aProgram({ hooks: [hook], approve: [APPROVED_4, '2400:1::1'] }))
            // Behind the judges, at both ends; the approved one comes last, so when it is counted the other has been judged.
            for (const [space, at] of [
              [edge, 'input'],
              [server, 'prerouting'],
            ] as const)
              await space.mustRun('nft', ['-f', '-'], {
                input: `add table ip6 count\ndelete table ip6 count
table ip6 count {
	chain judged { type filter hook ${at} priority 10; ip6 saddr ${from} udp dport 443 counter; ip6 saddr ${APPROVED_6} udp dport 443 counter; }
}
`,
              })
            const to = hook === 'input' ? EDGE : SERVER
            await sendRaw(client, to, [ipv6Packet(from, to, datagram), ipv6Packet(APPROVED_6, to, datagram)])
            const counting = hook === 'input' ? edge : server
            const counts = await until('the approved packet', async () => {
              const { stdout } = await counting.mustRun('nft', ['list', 'table', 'ip6', 'count'])
              const [disguised, approved] = [...stdout.matchAll(/counter packets (\d+)/g)].map((found) => Number(found[1]))
              return approved === 1 ? { disguised, approved } : undefined
            })
            t.same(counts, { disguised: 0, approved: 1 })
          })
      await t.test('IPv4 itself is judged as IPv4, also at a socket of IPv6', async (t) => {
        const peer = await client.peer()
        await firewall.apply(aProgram({ approve: [APPROVED_4] }))
        t.match(await peer.probe({ kind: 'http', address: EDGE_ADDRESS_4, port: 443, timeoutMs: 20_000 }), {
          outcome: 'passed',
          body: /::ffff:20\.1\.0\.1/,
        })
        await firewall.apply(aProgram({ revision: 2, approve: ['2400:1::1'] }))
        t.match(await peer.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 443, timeoutMs: 20_000 }), { outcome: 'reset' })
      })
      await firewall.remove()
    })
}
