import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProgramFile } from '../process/run-program.ts'
import { MemoryError } from './memory-error.ts'
import { writeDurably } from './write-durably.ts'

/** What the boot loader takes: `last-good` first, and `before-first-list` where there is no whole one of it. */
export type BootPart = 'last-good' | 'before-first-list'

type IptablesRestore = Extract<ProgramFile, `ip${string}-restore`>

/** What the loader runs: `nft -f`, `ipset restore`, or an iptables-restore by its own name. */
export type BootTool = 'nft' | 'ipset' | IptablesRestore

/** A text and what the loader gives it to. */
export interface BootFile {
  readonly tool: BootTool
  readonly chunks: Iterable<string>
}

/** Programs as text, for the boot loader (`systemd/edgeward-load`), which knows no YAML and runs before Node can. */
export interface BootProgramFiles {
  /**
   * Keeps `files` as the part's program; the loader gives them to their tools in this order. At any instant the part is the program before or this one, whole.
   * @throws MemoryError STATE_UNWRITABLE; also what `chunks` throws. The part is then the program before
   */
  keep(part: BootPart, files: readonly BootFile[]): Promise<void>
}

/** As the rest of the state: nobody else's business. */
const FILE_MODE = 0o600
/** Text is written in pieces of about this size; the event loop turns between them. */
const PIECE_CHARACTERS = 1 << 18

/**
 * Keeps them in `directory`: per part `<part>.sha256`, which `sha256sum --check` understands and which names `<part>-a.<tool>` or `<part>-b.<tool>`, a line for each tool.
 * The other ones are written first; the rename of the sums is the one step that counts, so that a crash never leaves a program beside the wrong sum.
 */
export function createBootProgramFiles(directory: string): BootProgramFiles {
  return {
    async keep(part, files) {
      await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
        throw new MemoryError('STATE_UNWRITABLE', `Cannot make ${JSON.stringify(directory)}: ${cause.message}`, { cause })
      })
      const sums = join(directory, `${part}.sha256`)
      const turn = (await isNamed(sums, `${part}-a`)) ? 'b' : 'a'
      const lines: string[] = []
      for (const { tool, chunks } of files) {
        const name = `${part}-${turn}.${tool}`
        const hash = createHash('sha256')
        await writeDurably(join(directory, name), hashed(chunks, hash), FILE_MODE)
        lines.push(`${hash.digest('hex')}  ${name}\n`)
      }
      await writeDurably(sums, lines, FILE_MODE)
    },
  }
}

function* hashed(chunks: Iterable<string>, hash: { update(text: string): unknown }): Generator<string> {
  let piece = ''
  for (const chunk of chunks) {
    piece += chunk
    if (piece.length < PIECE_CHARACTERS) continue
    hash.update(piece)
    yield piece
    piece = ''
  }
  hash.update(piece)
  yield piece
}

async function isNamed(sums: string, name: string): Promise<boolean> {
  try {
    return (await readFile(sums, 'utf8')).includes(`  ${name}.`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw new MemoryError('STATE_UNREADABLE', `Cannot read ${JSON.stringify(sums)}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
