import { setTimeout as pause } from 'node:timers/promises'
import type { Firewall } from '../../agent/firewall/firewall.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { FIREWALL_BACKENDS, type FirewallBackend } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, type TestNamespace } from '../support/netns.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import { isInstalled } from '../support/surroundings.ts'
import { createPacketGround, GROUND_FLOWS, type PacketGround } from './packet-ground.ts'
import { createRandomPrograms, type RandomProgram } from './random-program.ts'
import type { Torture, TortureFigures, TortureRounds } from './torture.ts'
import { createVerdictJudge, type Expectation, type VerdictJudge } from './verdict-judge.ts'

/** How a program gets into the kernel: as a change of what is there; by an agent that has no memory; with everything made anew. */
const WAYS = ['delta', 'restart', 'replace', 'blocked'] as const
type Way = (typeof WAYS)[number]

export interface PacketOptions {
  readonly backends: readonly FirewallBackend[]
  /** Revisions of each backend in a round. */
  readonly revisions: number
  /** Told after each revision: somebody may be at the kernel. */
  readonly onApplied?: (backend: FirewallBackend, edge: TestNamespace, next: RandomProgram) => Promise<void>
}

const PROBES_BETWEEN = GROUND_FLOWS.length
const ROUNDS = 27
const REVISIONS = 10

/** Packets while lists change. */
export const PACKETS: Torture = {
  what: 'real packets while random revisions are applied, on every backend: whoever passes before and after is never refused, whoever neither never passes',
  rounds: ROUNDS,
  goals: { probes: 1_000_000, revisions: 1000, 'probes during a change': 200_000, passed: 200_000, refused: 200_000 },
  async findObstacle() {
    if (!canMakeNetworks()) return 'it needs root and ip(8)'
    if (!isInstalled('perl')) return 'it needs perl (Debian: perl)'
    return FIREWALL_BACKENDS.map(({ skip }) => skip).find((skip) => skip !== false) || undefined
  },
  begin: () => beginPackets({ backends: FIREWALL_BACKENDS, revisions: REVISIONS }),
}

/** The same with fewer revisions or backends. */
export async function beginPackets(options: PacketOptions): Promise<TortureRounds> {
  const ground = await createPacketGround(GROUND_FLOWS)
  return {
    async run(seed) {
      const random = createSeeded(seed)
      const figures: Record<string, number> = {}
      for (const backend of options.backends)
        await runBackend(ground, backend, createSeeded(random.below(2 ** 32)), options, figures)
      return figures
    },
    [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose](),
  }
}

/** Revisions of one backend from a bare kernel to a bare kernel. */
async function runBackend(
  { edge, prober }: PacketGround,
  backend: FirewallBackend,
  random: Seeded,
  { revisions, onApplied }: PacketOptions,
  figures: Record<string, number>,
): Promise<void> {
  const nothing: Expectation = { what: 'no rules at all', passes: new Uint8Array(GROUND_FLOWS.length).fill(1) }
  const judge = createVerdictJudge(nothing, nameOfFlow)
  const misfits: string[] = []
  const createFirewall = (): Firewall =>
    backend.create({ run: runInNamespace(edge), onMisfit: (error) => void misfits.push(error.message) })
  const programs = createRandomPrograms(random, ['to-crowd'])
  const heard = async (probes: number): Promise<void> => {
    const enough = judge.counts.probes + probes
    while (judge.counts.probes < enough) await Promise.race([pause(2), prober.failed])
  }
  let firewall = createFirewall()
  let change = 'nothing'
  prober.loop(shuffled(GROUND_FLOWS.length, random), (batch) => judge.hear(batch))
  try {
    for (let step = 1; step <= revisions; step += 1) {
      const way: Way = step === 1 ? 'restart' : (WAYS[random.below(WAYS.length)] ?? 'delta')
      const next = way === 'blocked' ? programs.nextBlocked() : programs.next()
      change = `${backend.name}, change ${step} of ${revisions} (${way})`
      await heard(PROBES_BETWEEN)
      judge.begin({ what: `${change}, ${next.program.mode} on ${next.program.hooks.join(' and ')}`, passes: flowsThatPass(next) })
      if (way === 'restart') firewall = createFirewall()
      await applyBy(way, firewall, next.program)
      judge.end()
      await onApplied?.(backend, edge, next)
      add(figures, { revisions: 1, [`by ${way}`]: 1 })
      assertRight(judge, misfits, change)
    }
    await heard(PROBES_BETWEEN)
    judge.begin(nothing)
    change = `${backend.name}, all of it removed`
    await firewall.remove()
    judge.end()
    await heard(PROBES_BETWEEN)
  } finally {
    await prober.pause()
    await firewall.remove()
  }
  assertRight(judge, misfits, change)
  const { probes, passed, refused, duringChange } = judge.counts
  add(figures, { probes, passed, refused, 'probes during a change': duringChange })
}

async function applyBy(way: Way, firewall: Firewall, program: FilterProgram): Promise<void> {
  if (way === 'blocked') await firewall.setBlocked(program.blocked)
  else await firewall.apply(program, way === 'replace' ? { doubt: 'rules' } : {})
}

function flowsThatPass({ program, passes }: RandomProgram): Uint8Array {
  return Uint8Array.from(GROUND_FLOWS, ({ cell, hook }) => (program.hooks.includes(hook) ? (passes[cell] ?? 0) : 1))
}

function assertRight({ wrong, counts }: VerdictJudge, misfits: readonly string[], change: string): void {
  if (counts.wrong > 0) throw new Error(`${counts.wrong} wrong verdicts until ${change}: ${wrong.join('; ')}`)
  if (misfits.length > 0) throw new Error(`A change did not fit what is in force until ${change}: ${misfits.join('; ')}`)
}

function nameOfFlow(place: number): string {
  const flow = GROUND_FLOWS[place]
  return flow === undefined ? `flow ${place}` : `${flow.from} by ${flow.asks} to ${flow.to} (${flow.hook})`
}

function shuffled(count: number, random: Seeded): readonly number[] {
  const places = Array.from({ length: count }, (_, place) => place)
  for (let last = count - 1; last > 0; last -= 1) {
    const other = random.below(last + 1)
    const kept = places[last] ?? 0
    places[last] = places[other] ?? 0
    places[other] = kept
  }
  return places
}

function add(figures: Record<string, number>, more: TortureFigures): void {
  for (const [name, count] of Object.entries(more)) figures[name] = (figures[name] ?? 0) + count
}
