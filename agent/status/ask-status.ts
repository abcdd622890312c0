import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { readBody, sendRequest } from '../control/http-request.ts'
import { AgentStatus } from './agent-status.ts'
import { StatusError } from './status-error.ts'

const TIMEOUT_MS = 5000
const MAX_STATUS_BYTES = 4_000_000

/** The status of the agent that listens on `socketPath`. @throws StatusError AGENT_AWAY, AGENT_ANSWER */
export function askStatus(socketPath: string, signal: AbortSignal): Promise<AgentStatus> {
  return askAgent(socketPath, '/status', AgentStatus, signal)
}

/** Any answer of the agent that listens on `socketPath`, in the form of `schema`. @throws StatusError AGENT_AWAY, AGENT_ANSWER */
export async function askAgent<S extends TSchema>(
  socketPath: string,
  path: string,
  schema: S,
  signal: AbortSignal,
): Promise<Static<S>> {
  const answer = parseJson(await ask(socketPath, path, signal))
  if (Value.Check(schema, answer)) return answer
  throw new StatusError(
    'AGENT_ANSWER',
    `Cannot read the status: what answers on ${JSON.stringify(socketPath)} is not an agent of this version`,
  )
}

async function ask(socketPath: string, path: string, signal: AbortSignal): Promise<Buffer | undefined> {
  try {
    const url = new URL(path, 'http://agent')
    const answer = await sendRequest({ url, socketPath, method: 'GET', headers: {}, idleTimeoutMs: TIMEOUT_MS, signal })
    return await readBody(answer, MAX_STATUS_BYTES)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StatusError('AGENT_AWAY', `Cannot reach the agent at ${JSON.stringify(socketPath)}: ${reason}`, { cause })
  }
}

function parseJson(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '')
  } catch {
    return undefined // The caller says that it is no agent.
  }
}
