import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentStatus } from '../status/agent-status.ts'
import { askStatus } from '../status/ask-status.ts'
import { StatusError } from '../status/status-error.ts'

const TRIES = 50
const EVERY_MS = 200

/** Asks the running agent until `isDone` of its status, ten seconds at most; `away` where none answers. */
export async function awaitStatus(
  socketPath: string,
  isDone: (status: AgentStatus) => boolean,
  signal: AbortSignal,
): Promise<'done' | 'not-yet' | 'away'> {
  try {
    for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
      if (isDone(await askStatus(socketPath, signal))) return 'done'
      await sleep(EVERY_MS)
    }
    return 'not-yet'
  } catch (error) {
    if (error instanceof StatusError) return 'away'
    throw error
  }
}
