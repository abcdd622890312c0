import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { blockSetChunks, countOf } from '../../rules/addresses/block-set-lines.ts'
import { createBlockWords, readBlockWords } from '../../rules/addresses/block-words.ts'
import { createBlockSetBuilder } from '../../rules/addresses/create-block-set.ts'
import { NFT_TABLE } from '../../rules/firewall/nft-layout.ts'
import { ProgramError } from '../process/program-error.ts'
import type { FollowProgram } from '../process/run-program.ts'
import { DriftError } from './drift-error.ts'
import type { KernelReader } from './kernel-reader.ts'
import { createSetTextReader } from './read-set-text.ts'

const APPROVED = ['host4', 'net4', 'host6', 'net6'] as const
const MANAGEMENT = ['mgmt4', 'mgmt6'] as const
const DOING = 'Cannot read the elements back'

/**
 * Reads our sets one after another by `nft list set`, at low priority, each piece of text forgotten once its blocks are numbers. `nft get element` would be no
 * cheaper for a few samples: nft 1.0.6 reads the whole set first.
 */
export function createNftKernelReader(follow: FollowProgram): KernelReader {
  const readSets = async (names: readonly string[], signal: AbortSignal): Promise<BlockSet> => {
    const builder = createBlockSetBuilder()
    const words = createBlockWords()
    for (const name of names) {
      const reader = createSetTextReader((text, start, end) => {
        if (!readBlockWords(text, start, end, words))
          throw new DriftError(
            'PROOF_DIFFERS',
            `Set ${name} holds ${JSON.stringify(text.slice(start, Math.min(end, start + 80)))}, which is no block`,
          )
        builder.add(words)
      })
      await listSet(follow, name, reader, signal)
    }
    return builder.build()
  }

  return {
    async read(signal) {
      const approved = await readSets(APPROVED, signal)
      const management = await readSets(MANAGEMENT, signal)
      return {
        approved: await digestInTurns(approved),
        management: await digestInTurns(management),
        blocks: countOf(approved),
      }
    },
  }
}

async function listSet(
  follow: FollowProgram,
  name: string,
  reader: ReturnType<typeof createSetTextReader>,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController()
  let fault: unknown
  try {
    const { exitCode, stderr } = await follow('nft', ['list', 'set', ...NFT_TABLE.split(' '), name], {
      priority: 'low',
      signal: AbortSignal.any([signal, ending.signal]),
      onOutput(text) {
        if (fault !== undefined) return
        try {
          reader.push(text)
        } catch (error) {
          fault = error
          ending.abort()
        }
      },
    })
    if (exitCode !== 0)
      throw new DriftError('PROOF_UNREADABLE', `${DOING}: nft says ${JSON.stringify(stderr.trim().slice(0, 300))}`)
  } catch (error) {
    if (fault !== undefined) throw fault
    if (error instanceof ProgramError) throw new DriftError('PROOF_UNREADABLE', `${DOING}: ${error.message}`, { cause: error })
    throw error
  }
  if (fault !== undefined) throw fault
  if (!reader.isWhole()) throw new DriftError('PROOF_UNREADABLE', `${DOING}: the list of set ${name} was cut off`)
}

/** As `digestOf`, letting other work in between: for a million blocks it takes most of a second. */
async function digestInTurns(set: BlockSet): Promise<string> {
  const hash = createHash('sha256')
  for (const chunk of blockSetChunks(set)) {
    hash.update(chunk)
    await turn()
  }
  return hash.digest('hex')
}
