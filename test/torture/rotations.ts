import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { readMaskingKey } from '../../agent/watch/masking-key.ts'
import { openWatchMemory } from '../../agent/watch/watch-memory.ts'
import type { WatchStatus } from '../../agent/watch/watch-status.ts'
import { createDetector } from '../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../../rules/detect/detect-policy.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { askSocket } from '../support/ask-socket.ts'
import { startOwn, THIS_HOST } from '../support/place.ts'
import { createRotatingLog, type LinesFile, type RotatingLog, type RotationStyle } from '../support/rotating-log.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'
import { createWorkDir, type WorkDir } from '../support/work-dir.ts'
import type { Torture, TortureFigures, TortureRounds } from './torture.ts'

const STEPS_A_ROUND = 1_000
/** After so many steps, or so long, all that was written is waited for, and counted for good: what was read a minute ago is not named in the positions. */
const SETTLE_STEPS = 170
const SETTLE_MS = 30_000
/** For a machine with much else to do: it decides only how long a failure takes. */
const PATIENCE_MS = 90_000
const STYLES: readonly RotationStyle[] = ['numbered', 'dated', 'linked']
const FORMATS = ['nginx-json', 'combined', 'haproxy'] as const
const SUFFIXES = ['_BV', '_TC', ''] as const
const START_MS = Date.UTC(2026, 2, 2, 1)

/** What the README of `agent/watch` promises of each line. */
export const ROTATIONS: Torture = {
  what: 'rotates logs in every way while a real watch follows them, is stopped, killed and started again; wrong is a line that is not counted exactly once',
  rounds: 17,
  goals: { rotations: 10_000, kills: 100, stops: 100, lines: 100_000, copies: 1_000, removed: 60, 'while it was down': 400 },
  findObstacle: () => Promise.resolve(undefined),
  begin: () => beginRotations({ steps: STEPS_A_ROUND }),
}

export interface RotationsOptions {
  /** Of one round. */
  readonly steps: number
  /** Meddles with a log at the end of a step, to see that it is found. */
  readonly onStep?: (step: number, path: string) => void
}

export async function beginRotations(options: RotationsOptions): Promise<TortureRounds> {
  const folder = await createWorkDir('ew-rotations')
  return { run: (seed) => runRound(folder, seed, options), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

async function runRound(folder: WorkDir, seed: number, { steps, onStep }: RotationsOptions): Promise<TortureFigures> {
  await rm(folder.path, { recursive: true, force: true })
  const seeded = createSeeded(seed)
  await using life = await beginLife(folder, seeded)
  const taken: string[] = []
  let settledMs = performance.now()
  try {
    await life.restart('stop')
    for (let step = 1; step <= steps; step += 1) {
      taken.push(await takeStep(life, seeded))
      onStep?.(step, life.logs[0]?.path ?? '')
      if (step % SETTLE_STEPS !== 0 && performance.now() - settledMs < SETTLE_MS) continue
      await life.settle()
      settledMs = performance.now()
    }
    await life.settle()
    await life.judge()
  } catch (cause) {
    throw new Error(`after ${taken.length} steps, the last of them ${taken.slice(-12).join(', ')}`, { cause })
  }
  return life.figures
}

/** One thing that writers, administrators or fate do; its name. */
async function takeStep(life: Life, seeded: Seeded): Promise<string> {
  const log = life.logs[seeded.below(life.logs.length)] as RotatingLog
  const chance = seeded.below(100)
  if (chance < 28) return life.write(log, 1 + seeded.below(seeded.below(8) === 0 ? 400 : 12))
  if (chance < 32) return life.begin(log)
  if (chance < 92) return life.rotate(log, seeded)
  if (chance < 93) return life.remove(log)
  if (chance < 95) return life.pack(log, seeded)
  if (chance < 99) {
    const ms = seeded.below(seeded.below(4) === 0 ? 600 : 40)
    await pause(ms)
    return `${ms} ms`
  }
  return life.fall(seeded.below(5) > 0 ? 'kill' : 'stop', seeded.below(2) === 0 ? 1 + seeded.below(30) : 0)
}

/** Logs, their watch and what must be counted, for one round. */
interface Life extends AsyncDisposable {
  readonly logs: readonly RotatingLog[]
  readonly figures: TortureFigures
  write(log: RotatingLog, count: number): string
  begin(log: RotatingLog): string
  rotate(log: RotatingLog, seeded: Seeded): string
  remove(log: RotatingLog): Promise<string>
  pack(log: RotatingLog, seeded: Seeded): string
  /** Ends the watch, and starts it again before the step after `downSteps` others. */
  fall(how: 'kill' | 'stop', downSteps: number): Promise<string>
  restart(how: 'kill' | 'stop'): Promise<void>
  /** Waits until all was read, and stops and starts, so that it is counted for good. */
  settle(): Promise<void>
  /** @throws Error where an account was not counted once for its one line */
  judge(): Promise<void>
}

async function beginLife(folder: WorkDir, seeded: Seeded): Promise<Life> {
  const stateDir = folder.file('state')
  const socket = folder.file('watch.sock')
  const configFile = folder.file('agent.yaml')
  const figures: Record<string, number> = { lines: 0 }
  const written: { readonly account: string; readonly log: number }[] = []
  const formats = STYLES.map((_, at) => FORMATS[(at + seeded.below(3)) % 3] ?? 'combined')
  const logs = STYLES.map((style, at) =>
    createRotatingLog(folder.file(`access-${at}.log`), style, () => {
      const { account, line } = makeLine(formats[at] ?? 'combined', written.length, seeded)
      written.push({ account, log: at })
      figures.lines = written.length
      return line
    }),
  )
  await mkdir(folder.path, { recursive: true })
  await writeFile(
    configFile,
    stringify({
      name: 'edge-1',
      control: { url: 'http://127.0.0.1:9' },
      management: { prefixes: ['198.18.5.0/24'] },
      watch: {
        logs: logs.map(({ path }, at) => ({ path, format: formats[at] })),
        socket,
        stateDir,
        maxAccounts: 300_000,
      },
    }),
  )
  let watch: Service | undefined
  let startedMs = 0
  let downSteps = 0
  /** Lines that are gone from the disk would be uncounted after a kill, by the nature of it (agent/watch/README.md). */
  let isBare = false

  const count = (name: string, by = 1): void => {
    figures[name] = (figures[name] ?? 0) + by
  }

  function start(): Service {
    if (watch?.exit !== undefined) throw new Error(`watch ended by itself: ${watch.lines.slice(-6).join('\n')}`)
    if (watch === undefined) startedMs = Date.now()
    watch ??= startOwn(
      {
        start: (file, args, options) =>
          THIS_HOST.start(file, args, { ...options, env: { NODE_COMPILE_CACHE: folder.file('cache') } }),
      },
      'agent watch',
      'agent/main.ts',
      ['watch', '--config', configFile],
    )
    return watch
  }

  /** Starts it again when its time has come. */
  function pass(): void {
    if (watch === undefined && --downSteps <= 0) start()
  }

  /** What the watch that runs now has saved; nothing while it has not saved anything yet. */
  function readPositions(): Positions | undefined {
    const file = folder.file('state', 'positions.json')
    if (watch === undefined || !existsSync(file) || statSync(file).mtimeMs <= startedMs) return undefined
    return JSON.parse(readFileSync(file, 'utf8')) as Positions
  }

  /** Bytes of whole lines that were read of a file. */
  function readBytes(positions: Positions | undefined, log: RotatingLog, ino: number): number {
    const { files = [], done = [] } = positions?.logs[log.path] ?? {}
    return [...files, ...done].find(({ identity }) => identity.ino === String(ino))?.offset ?? 0
  }

  const isRead = (log: RotatingLog, file: LinesFile | undefined): boolean =>
    file === undefined || file.bytes <= readBytes(readPositions(), log, file.ino)

  const isCounted = ({ ino }: LinesFile): boolean => logs.every((log) => log.lines().every((file) => file.ino !== ino))

  /** Waits for a state, but not for one that a watch that has ended would bring. */
  function awaitOf<T>(what: string, find: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const ended = new AbortController()
    const running = start()
    void running.exited.then(() => ended.abort(new Error(`watch ended by itself: ${running.lines.slice(-6).join('\n')}`)))
    return until(what, find, { everyMs: 20, deadlineMs: PATIENCE_MS, signal: ended.signal })
  }

  /** Past files that were read to their end since all was settled last. */
  const readFiles = new Set<string>()

  function hasReadAll(): true | undefined {
    const positions = readPositions()
    for (const log of logs) {
      for (const { ino, bytes } of log.lines()) {
        // An inode may be used again, by a file of another size.
        const name = `${log.path} ${ino} ${bytes}`
        if (bytes === 0 || readFiles.has(name)) continue
        const read = readBytes(positions, log, ino)
        if (read < bytes) throw new Error(`${log.path}: ${read} of ${bytes} bytes of inode ${ino} were read`)
        readFiles.add(name)
      }
    }
    return true
  }

  async function end(how: 'kill' | 'stop'): Promise<void> {
    const running = start()
    // What is gone from the disk and was not read yet would go with the process.
    if (isBare) await awaitOf('all lines read before a stop', hasReadAll)
    const wanted = how === 'kill' && !isBare ? 'SIGKILL' : 'SIGTERM'
    const { code, signal } = await running.stop(wanted, PATIENCE_MS)
    // Told to stop before it listened for that: nothing was read yet, and nothing is saved.
    const isKilled = signal === 'SIGKILL' || (signal === 'SIGTERM' && !isBare)
    if (!isKilled && code !== 0) throw new Error(`watch ended with ${code ?? signal}: ${running.lines.slice(-6).join('\n')}`)
    if (!isKilled) isBare = false
    count(isKilled ? 'kills' : 'stops')
    watch = undefined
  }

  async function assertAllRead(): Promise<void> {
    const status = await until('an answer', () => askSocket<WatchStatus>(socket, '/status'), {
      everyMs: 20,
      deadlineMs: PATIENCE_MS,
    })
    const wrong = status.logs.filter(({ faults }) => Object.keys(faults).length > 0)
    if (wrong.length > 0)
      throw new Error(`lines were cut: ${JSON.stringify(wrong.map(({ path, faults }) => ({ path, faults })))}`)
  }

  const life: Life = {
    logs,
    figures,
    write(log, lines) {
      pass()
      log.write(lines)
      return `${lines} lines`
    },
    begin(log) {
      pass()
      log.begin()
      return 'a line begun'
    },
    rotate(log, random) {
      pass()
      const kind = log.kinds[random.below(log.kinds.length)] ?? 'rename'
      log.rotate(kind, random.below(3))
      count('rotations')
      if (kind === 'copy') count('copies')
      if (watch === undefined) count('while it was down')
      return `${kind} ${logs.indexOf(log)}`
    },
    async remove(log) {
      pass()
      // While nobody reads it, it would be gone for good.
      if (watch === undefined) return 'nothing'
      log.write(1)
      await awaitOf('the log to be read', () => isRead(log, log.lines().at(-1)) || undefined)
      log.begin()
      log.remove()
      isBare = true
      count('rotations')
      count('removed')
      return `removed ${logs.indexOf(log)}`
    },
    pack(log, random) {
      pass()
      const isCompressed = random.below(2) === 0
      const isBold = random.below(3) === 0
      const gone = log.pack((file) => {
        if (isCounted(file)) return true
        const isSafe = isBold && isRead(log, file)
        isBare ||= isSafe
        return isSafe
      }, isCompressed)
      count(isCompressed ? 'packed' : 'deleted', gone)
      return `${gone} ${isCompressed ? 'packed' : 'deleted'}`
    },
    async fall(how, steps) {
      await end(how)
      downSteps = steps
      pass()
      return `${how}, down for ${steps} steps`
    },
    async restart(how) {
      await awaitOf('its first positions', () => (existsSync(folder.file('state', 'positions.json')) ? true : undefined))
      await end(how)
      start()
    },
    async settle() {
      for (const log of logs) log.write(1)
      await awaitOf('all lines read', hasReadAll)
      await assertAllRead()
      await end('stop')
      for (const log of logs) log.forget()
      readFiles.clear()
      start()
    },
    async judge() {
      await end('stop')
      const counted = await readCounts(stateDir, written.length)
      const wrong = written.flatMap(({ account, log }, line) => {
        const found = counted.get(account) ?? 0
        return found === 1 ? [] : [`line ${line} of log ${log}: ${found} times`]
      })
      if (wrong.length > 0 || counted.size !== written.length)
        throw new Error(
          `${wrong.length} of ${written.length} lines were not counted once, ${counted.size} accounts: ${wrong.slice(0, 8).join(', ')}`,
        )
    },
    async [Symbol.asyncDispose]() {
      await watch?.stop('SIGKILL')
      for (const log of logs) log[Symbol.dispose]()
    },
  }
  return life
}

/** What is needed of `positions.json`. */
interface Positions {
  readonly logs: Readonly<
    Record<string, Record<'files' | 'done', { readonly identity: { readonly ino: string }; readonly offset: number }[]>>
  >
}

/** Look-ups by account, as watch left them on disk. */
async function readCounts(stateDir: string, accounts: number): Promise<Map<string, number>> {
  const memory = await openWatchMemory(stateDir)
  const saved = await memory.readCounts((fault) => {
    throw fault
  })
  if (saved === undefined) throw new Error('no counts were saved')
  const maskAccount = createMasker(await readMaskingKey(stateDir))
  const detector = createDetector(DEFAULT_DETECT_POLICY, { maskAccount, maxAccounts: 300_000 })
  detector.restore(saved.counts)
  return new Map(detector.top(accounts + 1000).map(({ account, lookups24h }) => [account, lookups24h]))
}

/** A look-up by an account that has no other line: what is counted for it tells how often its line was read. */
function makeLine(format: (typeof FORMATS)[number], number: number, seeded: Seeded): { account: string; line: string } {
  const account = `${String(number % 100_000).padStart(5, '0')}${SUFFIXES[Math.floor(number / 100_000)] ?? ''}`
  const ip = `20.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
  const at = new Date(START_MS + number * 20 + 7 * 3_600_000).toISOString()
  const more = 'x'.repeat(seeded.below(20) === 0 ? seeded.below(5000) : seeded.below(120))
  const uri = `/api/egw/KQNhanLichSuKCB2024?username=${account}&x=${more}`
  const day = `${at.slice(8, 10)}/Mar/2026:${at.slice(11, 19)}`
  const line = {
    'nginx-json': `{"at":"${at.slice(0, 19)}+07:00","ip":"${ip}","port":"4000","method":"POST","uri":"${uri}","status":"200","bytes":"9","ms":"1"}`,
    combined: `${ip} - - [${day} +0700] "POST ${uri} HTTP/1.1" 200 9 "-" "-"`,
    haproxy: `${ip}:4000 [${day}.000] f b/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 "POST ${uri} HTTP/1.1"`,
  }[format]
  return { account, line }
}
