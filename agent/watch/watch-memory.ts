import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { Flag } from '../../rules/reports/flag.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { writeDurably } from '../memory/write-durably.ts'
import { LogPlace } from './log-place.ts'
import { WatchError } from './watch-error.ts'

const Positions = Type.Object({
  format: Type.Literal('edgeward-positions/1'),
  logs: Type.Record(Type.String(), LogPlace),
})
const Flags = Type.Object({ format: Type.Literal('edgeward-flags/1'), flags: Type.Array(Flag) })

/** What `watch` keeps on disk. Each file is replaced as a whole: after a crash it is the old or the new one. */
export interface WatchMemory {
  /** Where to go on, by log path. A broken file counts as none; `onFault` hears of it. */
  readPlaces(onFault: (fault: WatchError) => void): Promise<ReadonlyMap<string, LogPlace>>
  /** @throws MemoryError STATE_UNWRITABLE */
  writePlaces(places: ReadonlyMap<string, LogPlace>): Promise<void>
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
  return {
    async readPlaces(onFault) {
      const positions = await readJson(positionsPath, Positions, 'POSITIONS_BROKEN', onFault)
      return new Map(Object.entries(positions?.logs ?? {}))
    },
    writePlaces: (places) => writeJson(positionsPath, { format: 'edgeward-positions/1', logs: Object.fromEntries(places) }),
    async readFlags(onFault) {
      return (await readJson(flagsPath, Flags, 'FLAGS_BROKEN', onFault))?.flags ?? []
    },
    writeFlags: (flags) => writeJson(flagsPath, { format: 'edgeward-flags/1', flags }),
  }
}

async function readJson<S extends TSchema>(
  path: string,
  schema: S,
  code: 'POSITIONS_BROKEN' | 'FLAGS_BROKEN',
  onFault: (fault: WatchError) => void,
): Promise<Static<S> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
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
