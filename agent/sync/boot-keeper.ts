import { compileNft } from '../../rules/firewall/compile-nft.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import type { Log } from '../log/log.ts'
import type { BootPart, BootProgramFiles } from '../memory/boot-program.ts'
import { createQueue } from '../process/create-queue.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'

/** Sees to it that the next boot begins with what is in force now. A disk that fails is a fault of area `boot` on the board, and is tried again. */
export interface BootKeeper {
  /** Has `program` loaded at the next boot, without its timed blocks. Of several asked for while one is being written, the last counts. */
  keep(program: FilterProgram): void
  /** Has `program` loaded at a boot that finds no list it can use; without one, nothing is loaded then. */
  keepBeforeFirstList(program: FilterProgram | undefined): void
  /** Ends once nothing is left to write. Never throws. */
  idle(): Promise<void>
}

/**
 * What a boot is to load: what is in force; nothing, because it is not nft that judges packets here; or what it would load anyway, because nobody knows
 * better than the last one who could use the kernel.
 */
export type AtBoot = 'program' | 'nothing' | 'as-before'

export interface BootKeeperParts {
  readonly atBoot: AtBoot
  readonly files: BootProgramFiles
  readonly board: StatusBoard
  readonly log: Log
}

/** A part's program: `key` is the same where the text would be. */
interface Wanted {
  readonly key: string
  readonly chunks: () => Iterable<string>
}

export function createBootKeeper({ atBoot, files, board, log }: BootKeeperParts): BootKeeper {
  const wanted = new Map<BootPart, Wanted>()
  /** What could not be written, for the next time that anything is asked for. */
  const undone = new Map<BootPart, Wanted>()
  const kept = new Map<BootPart, string>()
  const queue = createQueue()

  /** Writes what is wanted of the part now, which may be newer than when it was asked for. */
  const write = async (part: BootPart): Promise<void> => {
    const program = wanted.get(part)
    wanted.delete(part)
    if (program === undefined || kept.get(part) === program.key) return
    try {
      await files.keep(part, program.chunks())
      kept.set(part, program.key)
      undone.delete(part)
      if (undone.size === 0) board.fault('boot', undefined)
      log.debug({ part }, 'boot program was kept')
    } catch (error) {
      undone.set(part, program)
      const fault = faultOf(error)
      board.fault('boot', fault)
      log.error({ part, ...fault }, 'boot program could not be kept')
    }
  }

  const want = (part: BootPart, program: Wanted): void => {
    if (atBoot === 'as-before') return
    for (const [late, before] of undone) if (!wanted.has(late)) wanted.set(late, before)
    wanted.set(part, atBoot === 'nothing' ? NOTHING : program)
    for (const asked of wanted.keys()) void queue(() => write(asked))
  }

  return {
    keep(program) {
      want('last-good', wantedOf(program))
    },
    keepBeforeFirstList(program) {
      want('before-first-list', program === undefined ? OPEN : wantedOf(program))
    },
    idle: () => queue(async () => undefined),
  }
}

/** The text that loads nothing: `firewall.beforeFirstList` is `open`. */
export const OPEN_TEXT = '# firewall.beforeFirstList is open: no rules before the first list\n'

const NOTHING: Wanted = { key: 'nothing', chunks: () => ['# firewall.backend is not nft: nothing is loaded at boot\n'] }
const OPEN: Wanted = { key: 'open', chunks: () => [OPEN_TEXT] }

/** Timed blocks are measured from the loading on, so at a boot they would be too long. What the key leaves out is the config's, the same as long as this process lives. */
function wantedOf(program: FilterProgram): Wanted {
  const { revision, digest, mode } = program
  return { key: `${revision} ${digest} ${mode}`, chunks: () => compileNft({ ...program, blocked: [] }) }
}
