import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { RehearsedRow } from '../../rules/rehearsal/rehearsed-row.ts'
import { ControlError } from '../http/control-error.ts'
import { createTurns } from '../store/turns.ts'

/** 40,000 rows take a few seconds. */
const TIMEOUT_MS = 60_000
const MAX_HEAP_MB = 1536

/** Writes rehearsals as workbooks in a thread of their own, one at a time: a large one holds up nobody else. */
export function createWorkbookWriter(): (rows: readonly RehearsedRow[]) => Promise<Uint8Array> {
  const inTurn = createTurns()
  return (rows) => inTurn(() => writeApart(rows))
}

/** @throws ControlError BUSY where it takes too long */
async function writeApart(rows: readonly RehearsedRow[]): Promise<Uint8Array> {
  const worker = new Worker(new URL('./workbook-worker.ts', import.meta.url), {
    workerData: rows,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  try {
    const [bytes] = (await once(worker, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) })) as [Uint8Array]
    return bytes
  } catch (cause) {
    throw new ControlError('BUSY', 'The workbook takes too much time or memory to write. Ask for fewer days, or take CSV.', {
      vi: 'Tệp quá lớn; hãy chọn ít ngày hơn hoặc tải CSV.',
      cause,
    })
  } finally {
    await worker.terminate()
  }
}
