import { blocksOf } from '../../rules/addresses/block-set-lines.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { FastProber } from '../support/fast-prober.ts'
import { FIREWALL_BACKENDS, type FirewallBackend } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { EDGE_ADDRESS_4, EDGE_ADDRESS_6, type TestNamespace } from '../support/netns.ts'
import type { ProbeFlow } from '../support/probe-frames.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import { ADDRESSES, REGION_SIZE } from './address-bitmap.ts'
import { createPacketGround, type PacketGround } from './packet-ground.ts'
import { PACKETS } from './packets.ts'
import { createRandomOperations, placesOf, type RandomOperations } from './random-operations.ts'
import type { Torture, TortureRounds } from './torture.ts'

export interface ModelOptions {
  /** Each backend, and its operations in a round. */
  readonly backends: readonly { readonly backend: FirewallBackend; readonly operations: number }[]
  /** Told after each operation: somebody may be at the kernel. */
  readonly onApplied?: (backend: FirewallBackend, edge: TestNamespace, operation: number) => Promise<void>
}

const ROUNDS = 46
/** Addresses asked about after each operation, besides those around what it changed. */
const SAMPLE = 128
/** Operations from one look at every address to the next. */
const WHOLE_EVERY = 25
const FLOWS: readonly ProbeFlow[] = ADDRESSES.map((from, place) => ({
  from,
  to: parseBlock(place < REGION_SIZE ? EDGE_ADDRESS_4 : EDGE_ADDRESS_6),
  asks: place % 2 === 0 ? 'tcp' : 'udp',
  port: 443,
}))

/** What people do to a list against a bitmap of every address. */
export const MODEL: Torture = {
  what: 'random operations through ledger, list, program and change into the kernel, held after each against a bitmap of every address, on every backend',
  rounds: ROUNDS,
  goals: { operations: 10_000, 'addresses asked': 1_000_000, 'lists read back': 400 },
  findObstacle: () => PACKETS.findObstacle(),
  // Through ipset a change takes three times as long.
  begin: () =>
    beginModel({
      backends: FIREWALL_BACKENDS.map((backend) => ({ backend, operations: backend.name.startsWith('nft') ? 90 : 20 })),
    }),
}

/** The same with fewer operations or backends. */
export async function beginModel(options: ModelOptions): Promise<TortureRounds> {
  const ground = await createPacketGround(FLOWS)
  return {
    async run(seed) {
      const random = createSeeded(seed)
      const figures = { operations: 0, 'addresses asked': 0, 'lists read back': 0 }
      for (const { backend, operations } of options.backends) {
        const own = createSeeded(random.below(2 ** 32))
        const counts = await runBackend(ground, backend, operations, own, options)
        figures.operations += operations
        figures['addresses asked'] += counts.asked
        figures['lists read back'] += counts.lists
      }
      return figures
    },
    [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose](),
  }
}

async function runBackend(
  { edge, prober }: PacketGround,
  backend: FirewallBackend,
  operations: number,
  random: Seeded,
  { onApplied }: ModelOptions,
): Promise<{ asked: number; lists: number }> {
  const run = runInNamespace(edge)
  const misfits: string[] = []
  const firewall = backend.create({ run, onMisfit: (error) => void misfits.push(error.message) })
  const model = createRandomOperations(random)
  const counts = { asked: 0, lists: 0 }
  try {
    for (let operation = 1; operation <= operations; operation += 1) {
      const { kind, about } = model.next()
      await firewall.apply(model.program())
      await onApplied?.(backend, edge, operation)
      const what = `${backend.name}, operation ${operation} of ${operations} (${kind}${about === undefined ? '' : ` ${about.block}`})`
      if (misfits.length > 0) throw new Error(`A change did not fit what is in force: ${what}: ${misfits.join('; ')}`)
      const isWhole = operation % WHOLE_EVERY === 0 || operation === operations
      const places = isWhole ? FLOWS.map((_, place) => place) : sampleOf(random, about)
      await askAll(prober, model, places, what)
      counts.asked += places.length
      if (!isWhole) continue
      assertListed(model, placesOf(blocksOf(await backend.readApproved(run))), what)
      counts.lists += 1
    }
  } finally {
    await prober.pause()
    await firewall.remove()
  }
  return counts
}

/** By chance, and all along the borders of what changed. */
function sampleOf(random: Seeded, about: { readonly from: number; readonly until: number } | undefined): readonly number[] {
  const places = new Set(Array.from({ length: SAMPLE }, () => random.below(FLOWS.length)))
  if (about !== undefined) {
    for (const edge of [about.from, about.until])
      for (let place = edge - 4; place < edge + 4; place += 1) if (place >= 0 && place < FLOWS.length) places.add(place)
    for (let count = 0; count < 16; count += 1) places.add(about.from + random.below(about.until - about.from))
  }
  return [...places]
}

/** Asks from each of the places once, by a packet, and throws where the kernel does not do what the oracle says. */
async function askAll(prober: FastProber, model: RandomOperations, places: readonly number[], what: string): Promise<void> {
  let asked = 0
  const wrong: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  prober.loop(places, ({ flows, met }) => {
    for (const [at, place] of flows.entries()) {
      const wanted = model.passes(place) ? 'P' : 'R'
      if (met[at] !== wanted) wrong.push(`${ADDRESSES[place]} met ${met[at]} in place of ${wanted}`)
    }
    asked += flows.length
    if (asked >= places.length) resolve()
  })
  await Promise.race([promise, prober.failed])
  await prober.pause()
  if (wrong.length > 0) throw new Error(`${wrong.length} wrong verdicts after ${what}: ${wrong.slice(0, 5).join('; ')}`)
}

/** What the kernel lists must be what the oracle holds to be approved, address by address. */
function assertListed(model: RandomOperations, listed: Uint8Array, what: string): void {
  const wrong = [...listed.keys()].filter((place) => (listed[place] === 1) !== model.isApproved(place))
  if (wrong.length === 0) return
  const named = wrong
    .slice(0, 5)
    .map((place) => `${ADDRESSES[place]} is ${listed[place] === 1 ? '' : 'not '}in the kernel's list`)
  throw new Error(`${wrong.length} addresses wrongly listed after ${what}: ${named.join('; ')}`)
}
