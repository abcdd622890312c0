import t from 'tap'
import { assertPrivateNamespace, canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  t.throws(() => assertPrivateNamespace(), 'assertPrivateNamespace refuses outside a test namespace')

  await t.test('createTestNetwork joins clients to the edge and to each other', async (t) => {
    await using network = await createTestNetwork({
      clients: { one: ['20.1.0.1', '2400:1::1'], two: ['14.2.0.2', '14.2.0.3', '2400:2::2'] },
    })
    const edge = await network.edge.peer()
    await edge.listen('http', 80)
    await edge.listen('udp', 443)
    const two = await network.client('two').peer()
    await two.listen('http', 8080)
    const one = await network.client('one').peer()
    for (const address of [EDGE_ADDRESS_4, EDGE_ADDRESS_6]) {
      t.match(await one.probe({ kind: 'tcp', address, port: 80 }), { outcome: 'passed' })
      t.match(await one.probe({ kind: 'udp', address, port: 443, body: 'hello' }), { outcome: 'passed', body: 'hello' })
      t.match(await one.probe({ kind: 'udp', address, port: 53 }), { outcome: 'refused', error: 'ECONNREFUSED' })
      t.match(await one.probe({ kind: 'tcp', address, port: 81 }), { outcome: 'reset', error: 'ECONNREFUSED' })
    }
    t.match(await two.probe({ kind: 'http', address: EDGE_ADDRESS_4, port: 80, from: '14.2.0.3' }), {
      status: 200,
      body: /14\.2\.0\.3/,
    })
    t.match(await one.probe({ kind: 'http', address: '14.2.0.2', port: 8080 }), { outcome: 'passed', body: /20\.1\.0\.1/ })
    t.match(await one.probe({ kind: 'http', address: '2400:2::2', port: 8080 }), { outcome: 'passed', body: /2400:1::1/ })
    const kept = await one.open({ address: EDGE_ADDRESS_4, port: 80 })
    t.match(kept, { outcome: 'passed' })
    t.match(await one.again(kept.connection), { outcome: 'passed' })
    const inside = await network.edge.run('readlink', ['/proc/self/ns/net'])
    t.match(inside, { exitCode: 0, stdout: /^net:/ })
  })
}
