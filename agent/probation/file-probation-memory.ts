import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { MemoryError } from '../memory/memory-error.ts'
import { writeDurably } from '../memory/write-durably.ts'
import { EMPTY_RECORD, type ProbationMemory, ProbationRecord } from './probation-memory.ts'

/** Keeps the record in `directory`/probation.json. */
export function createFileProbationMemory(directory: string): ProbationMemory {
  const path = join(directory, 'probation.json')
  return {
    async recall() {
      const record = parseJson(await readFile(path, 'utf8').catch(() => ''))
      return Value.Check(ProbationRecord, record) ? record : EMPTY_RECORD
    },
    async keep(record) {
      await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
        throw new MemoryError('STATE_UNWRITABLE', `Cannot make ${JSON.stringify(directory)}: ${cause.message}`, { cause })
      })
      await writeDurably(path, [Buffer.from(`${JSON.stringify(record)}\n`)], 0o600)
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Counts as no record.
  }
}
