import t from 'tap'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import type { TestNamespace } from '../support/netns.ts'
import { ADDRESSES } from '../torture/address-bitmap.ts'
import { beginModel, MODEL } from '../torture/model.ts'
import { beginPackets, PACKETS } from '../torture/packets.ts'

const SEED = 20240727
const [nft, ...others] = FIREWALL_BACKENDS
const obstacle = await PACKETS.findObstacle()

if (obstacle !== undefined || nft === undefined) {
  t.plan(0, obstacle)
} else {
  const nftIn = (edge: TestNamespace, input: string) => edge.mustRun('nft', ['-f', '-'], { input })

  await t.test(PACKETS.what, async (t) => {
    await using rounds = await beginPackets({ backends: FIREWALL_BACKENDS, revisions: 3 })
    const figures = await rounds.run(SEED)
    t.equal(figures.revisions, 3 * FIREWALL_BACKENDS.length)
    for (const [name, least] of [
      ['probes', 10_000],
      ['passed', 1000],
      ['refused', 100],
      ['probes during a change', 1000],
    ] as const)
      t.ok((figures[name] ?? 0) >= least, `${figures[name]} ${name}`)
  })

  await t.test('packets: what somebody lets in beside the list is found', async (t) => {
    await using rounds = await beginPackets({
      backends: [nft],
      revisions: 8,
      onApplied: async (_, edge) => void (await nftIn(edge, 'flush set inet edgeward block4\nflush set inet edgeward block6\n')),
    })
    await t.rejects(rounds.run(SEED), /wrong verdicts until nft, .* passed, but is refused in nft, /)
  })

  await t.test(MODEL.what, async (t) => {
    const backends = [{ backend: nft, operations: 25 }, ...others.map((backend) => ({ backend, operations: 4 }))]
    await using rounds = await beginModel({ backends })
    const figures = await rounds.run(SEED)
    t.match(figures, { operations: 25 + 4 * others.length, 'lists read back': 1 + others.length })
    t.ok((figures['addresses asked'] ?? 0) > 8192 * (1 + others.length), `${figures['addresses asked']} addresses asked`)
  })

  for (const [what, input, words] of [
    ['somebody adds', `add element inet edgeward host4 { ${ADDRESSES.slice(0, 4096).join(', ')} }\n`, 'met P in place of R'],
    ['somebody takes away', 'flush set inet edgeward net6\n', 'met R in place of P'],
  ] as const)
    await t.test(`model: what ${what} behind everybody's back is found`, async (t) => {
      await using rounds = await beginModel({
        backends: [{ backend: nft, operations: 6 }],
        onApplied: async (_, edge, operation) => void (operation === 5 && (await nftIn(edge, input))),
      })
      await t.rejects(rounds.run(SEED), new RegExp(`wrong verdicts after nft, operation [56] .* ${words}`))
    })
}
