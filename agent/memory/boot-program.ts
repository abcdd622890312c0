import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MemoryError } from './memory-error.ts'
import { writeDurably } from './write-durably.ts'

/** What the boot loader takes: `last-good` first, and `before-first-list` where there is no whole one of it. */
export type BootPart = 'last-good' | 'before-first-list'

/** Programs as text, for the boot loader (`systemd/edgeward-load`), which knows no YAML and runs before Node can. */
export interface BootProgramFiles {
  /**
   * Keeps `chunks` as the part's program. At any instant the part is the program before or this one, whole.
   * @throws MemoryError STATE_UNWRITABLE; also what `chunks` throws. The part is then the program before
   */
  keep(part: BootPart, chunks: Iterable<string>): Promise<void>
}

/** As the rest of the state: nobody else's business. */
const FILE_MODE = 0o600
/** Text is written in pieces of about this size; the event loop turns between them. */
const PIECE_CHARACTERS = 1 << 18

/**
 * Keeps them in `directory`: per part `<part>.sha256`, which `sha256sum --check` understands and which names one of `<part>-a.nft` and `<part>-b.nft`.
 * The other one is written first; the rename of the sums is the one step that counts, so that a crash never leaves a program beside the wrong sum.
 */
export function createBootProgramFiles(directory: string): BootProgramFiles {
  return {
    async keep(part, chunks) {
      await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
        throw new MemoryError('STATE_UNWRITABLE', `Cannot make ${JSON.stringify(directory)}: ${cause.message}`, { cause })
      })
      const sums = join(directory, `${part}.sha256`)
      const name = `${part}-${(await isNamed(sums, `${part}-a.nft`)) ? 'b' : 'a'}.nft`
      const hash = createHash('sha256')
      await writeDurably(join(directory, name), hashed(chunks, hash), FILE_MODE)
      await writeDurably(sums, [`${hash.digest('hex')}  ${name}\n`], FILE_MODE)
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
    return (await readFile(sums, 'utf8')).endsWith(`  ${name}\n`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw new MemoryError('STATE_UNREADABLE', `Cannot read ${JSON.stringify(sums)}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
