import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestNamespace } from './netns.ts'
import { type ProbeFlow, probeFrame } from './probe-frames.ts'

const PROGRAM = fileURLToPath(new URL('./fast-prober.pl', import.meta.url))

/** Some flows asked one right after the other, and what each met. */
export interface ProbeBatch {
  /** Microseconds of CLOCK_MONOTONIC, which `nowUs` gives too: before the first was sent, and after the last answer came. */
  readonly fromUs: number
  readonly untilUs: number
  readonly flows: readonly number[]
  /** A letter for each: `P` passed, `R` refused, `-` no answer. */
  readonly met: string
  /** Answers to no question of this batch. */
  readonly strays: number
}

/** Asks from many source addresses as fast as it can. Verdicts are the kernel's own answers: SYN-ACK or port unreachable, RST or prohibited. */
export interface FastProber {
  /** Asks these flows, by their place in the list given at the start, again and again. */
  loop(flows: readonly number[], onBatch: (batch: ProbeBatch) => void): void
  /** Done when the last batch has been told. */
  pause(): Promise<void>
  /** Settled only by an end that nobody asked for. */
  readonly failed: Promise<never>
}

/** Perl with Time::HiRes: Node has neither raw nor packet sockets. */
export async function startFastProber(
  space: TestNamespace,
  edge: TestNamespace,
  flows: readonly ProbeFlow[],
): Promise<FastProber> {
  const macs = { from: await macOf(space, 'eth0'), to: await macOf(edge, space.edgeInterface) }
  const child = space.start('perl', [PROGRAM])
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new Error(`No prober could be started in ${space.name}`)
  let said = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ready = Promise.withResolvers<void>()
  const end = Promise.withResolvers<never>()
  const paused: (() => void)[] = []
  let looped: readonly number[] = []
  let tell: (batch: ProbeBatch) => void = () => undefined
  child.once('exit', (code, signal) => end.reject(new Error(`The prober in ${space.name} ended (${code ?? signal}): ${said}`)))
  // Whoever waits for a batch races with it; nobody may be waiting.
  end.promise.catch(() => undefined)
  stdin.on('error', () => undefined)
  createInterface({ input: stdout }).on('line', (line) => {
    const [word, fromUs, untilUs, first, met = '', strays] = line.split(' ')
    if (word === 'ready') ready.resolve()
    else if (word === 'paused') paused.shift()?.()
    else {
      const start = Number(first)
      const asked = Array.from(met, (_, place) => looped[(start + place) % looped.length] ?? 0)
      tell({ fromUs: Number(fromUs), untilUs: Number(untilUs), flows: asked, met, strays: Number(strays) })
    }
  })
  await Promise.race([ready.promise, end.promise])
  for (const flow of flows) {
    const { frame, transportOffset, checksumOffset, sum } = probeFrame(flow, macs)
    stdin.write(`flow ${frame.toString('hex')} ${transportOffset} ${checksumOffset} ${sum}\n`)
  }
  return {
    failed: end.promise,
    loop(places, onBatch) {
      looped = places
      tell = onBatch
      stdin.write(`loop ${places.join(',')}\n`)
    },
    async pause() {
      const { promise, resolve } = Promise.withResolvers<void>()
      paused.push(resolve)
      stdin.write('pause\n')
      await Promise.race([promise, end.promise])
    },
  }
}

/** Microseconds of the clock that the prober reads. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

async function macOf(space: TestNamespace, port: string): Promise<string> {
  return (await space.mustRun('cat', [`/sys/class/net/${port}/address`])).stdout.trim()
}
