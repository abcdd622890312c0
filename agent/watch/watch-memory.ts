import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { Flag } from '../../rules/reports/flag.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { readRegular } from '../memory/read-regular.ts'
import { writeDurably } from '../memory/write-durably.ts'
import { LogPlace } from './log-place.ts'
import { WatchError } from './watch-error.ts'

const CHUNK_BYTES = 1 << 20

const Positions = Type.Object({
  format: Type.Literal('edgeward-positions/1'),
  logs: Type.Record(Type.String(), LogPlace),
  /** In front of counts: lengths of the tallies between this line and the counts. */
  tallyBytes: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }))),
})
const Flags = Type.Object({ format: Type.Literal('edgeward-flags/1'), flags: Type.Array(Flag) })

/** Counts, and the places in the logs that belong to them. */
export interface SavedCounts {
  readonly counts: Uint8Array
  readonly places: ReadonlyMap<string, LogPlace>
  /** What was counted for central, as `formatTally` writes it. */
  readonly tallies: readonly Uint8Array[]
}

/** What `watch` keeps on disk. Each file is replaced as a whole: after a crash it is the old or the new one. */
export interface WatchMemory {
  /** Where to go on, by log path. A broken file counts as none; `onFault` hears of it. */
  readPlaces(onFault: (fault: WatchError) => void): Promise<ReadonlyMap<string, LogPlace>>
  /** @throws MemoryError STATE_UNWRITABLE */
  writePlaces(places: ReadonlyMap<string, LogPlace>): Promise<void>
  /** What was counted, and where in the logs that was. Broken counts count as none; `onFault` hears of it. */
  readCounts(onFault: (fault: WatchError) => void): Promise<SavedCounts | undefined>
  /** @throws MemoryError STATE_UNWRITABLE */
  writeCounts(counts: Iterable<Uint8Array>, places: ReadonlyMap<string, LogPlace>, tallies?: readonly Uint8Array[]): Promise<void>
  readFlags(onFault: (fault: WatchError) => void): Promise<readonly Flag[]>
  /** @throws MemoryError STATE_UNWRITABLE */
  writeFlags(flags: readonly Flag[]): Promise<void>
}

/** Keeps the memory in `stateDir`, which is made if it is not there. @throws MemoryError STATE_UNWRITABLE */
export async function openWatchMemory(stateDir: string): Promise<WatchMemory> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
    throw new MemoryError('STATE_UNWRITABLE', `Cannot make ${JSON.stringify(stateDir)}: ${cause.message}`, { cause })
  })
  const positionsPath = join(stateDir, 'positions.json')
  const flagsPath = join(stateDir, 'flags.json')
  const countsPath = join(stateDir, 'counts.bin')
  return {
    async readPlaces(onFault) {
      const positions = await readJson(positionsPath, Positions, 'POSITIONS_BROKEN', onFault)
      return new Map(Object.entries(positions?.logs ?? {}))
    },
    writePlaces: (places) => writeJson(positionsPath, { format: 'edgeward-positions/1', logs: Object.fromEntries(places) }),
    readCounts: (onFault) => readCounts(countsPath, onFault),
    writeCounts: (counts, places, tallies = []) =>
      writeDurably(countsPath, inChunks(formatCounts(counts, places, tallies)), 0o600),
    async readFlags(onFault) {
      return (await readJson(flagsPath, Flags, 'FLAGS_BROKEN', onFault))?.flags ?? []
    },
    writeFlags: (flags) => writeJson(flagsPath, { format: 'edgeward-flags/1', flags }),
  }
}

/** One line of places, a line of their SHA-256, then tallies and counts, which have check sums of their own. */
function* formatCounts(
  counts: Iterable<Uint8Array>,
  places: ReadonlyMap<string, LogPlace>,
  tallies: readonly Uint8Array[],
): Generator<Uint8Array> {
  const tallyBytes = tallies.length === 0 ? {} : { tallyBytes: tallies.map(({ length }) => length) }
  const line = JSON.stringify({ format: 'edgeward-positions/1', logs: Object.fromEntries(places), ...tallyBytes })
  yield Buffer.from(`${line}\n${sha256Of(line)}\n`)
  yield* tallies
  yield* counts
}

async function readCounts(path: string, onFault: (fault: WatchError) => void): Promise<SavedCounts | undefined> {
  const bytes = await readRegular(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT')
      onFault(new WatchError('COUNTS_BROKEN', `Cannot use ${JSON.stringify(path)}: ${String(cause)}`, { cause }))
    return undefined
  })
  if (bytes === undefined) return undefined
  const lineEnd = bytes.indexOf('\n')
  const sumEnd = bytes.indexOf('\n', lineEnd + 1)
  const line = bytes.toString('utf8', 0, Math.max(0, lineEnd))
  if (sumEnd > lineEnd && lineEnd > 0 && sha256Of(line) === bytes.toString('latin1', lineEnd + 1, sumEnd)) {
    const positions: unknown = JSON.parse(line)
    if (Value.Check(Positions, positions)) {
      const tallies: Uint8Array[] = []
      let at = sumEnd + 1
      for (const length of positions.tallyBytes ?? []) {
        tallies.push(bytes.subarray(at, at + length))
        at += length
      }
      return { counts: bytes.subarray(at), places: new Map(Object.entries(positions.logs)), tallies }
    }
  }
  onFault(new WatchError('COUNTS_BROKEN', `Cannot use ${JSON.stringify(path)}: it does not hold what was written`))
  return undefined
}

/** Small pieces together, so that each write is worth its wait. */
function* inChunks(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let bytes = 0
  for (const piece of pieces) {
    waiting.push(piece)
    bytes += piece.length
    if (bytes < CHUNK_BYTES) continue
    yield Buffer.concat(waiting)
    waiting = []
    bytes = 0
  }
  yield Buffer.concat(waiting)
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function readJson<S extends TSchema>(
  path: string,
  schema: S,
  code: 'POSITIONS_BROKEN' | 'FLAGS_BROKEN',
  onFault: (fault: WatchError) => void,
): Promise<Static<S> | undefined> {
  try {
    const value: unknown = JSON.parse((await readRegular(path)).toString('utf8'))
    if (Value.Check(schema, value)) return value
    onFault(new WatchError(code, `Cannot use ${JSON.stringify(path)}: it does not hold what was written`))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const reason = cause instanceof SyntaxError ? 'it is torn' : String(cause)
    onFault(new WatchError(code, `Cannot use ${JSON.stringify(path)}: ${reason}`, { cause }))
  }
  return undefined
}

function writeJson(path: string, value: object): Promise<void> {
  return writeDurably(path, [Buffer.from(`${JSON.stringify(value)}\n`)], 0o600)
}
