import { Value } from 'typebox/value'
import type { AccountTally } from '../../rules/detect/detector.ts'
import type { Flag } from '../../rules/reports/flag.ts'
import { readBody, sendRequest } from '../control/http-request.ts'
import { GateAccount } from '../gate/explain-account.ts'
import { followFlags } from '../verdicts/follow-flags.ts'
import { WatchLinkError } from '../verdicts/watch-link-error.ts'
import type { WatchStatus } from '../watch/watch-status.ts'

const TIMEOUT_MS = 5000
const MAX_STATUS_BYTES = 4_000_000

/** What `watch` knows of one account. */
export interface AccountAnswer {
  readonly account: string
  /** Flags that hold now. */
  readonly flags: readonly Flag[]
  /** `null` where it is not among the busiest of the last hour. */
  readonly tally: AccountTally | null
  /** `null` where there is no gate, or the text is no account that it could be asked about. */
  readonly gate: GateAccount | null
}

/** Asks the process that counts. Accounts are compared as the portal does, suffix in any case. @throws WatchLinkError */
export async function askAccount(socketPath: string, account: string, signal: AbortSignal): Promise<AccountAnswer> {
  const gate = await askGate(socketPath, account, signal)
  // The gate knows under which name a citizen ID goes.
  const names = [account, gate?.account ?? account].map((name) => name.toUpperCase())
  const isIt = (other: string): boolean => names.includes(other.toUpperCase())
  const tallies = await askTallies(socketPath, signal)
  const flags = (await liveFlags(socketPath, signal)).filter((flag) => isIt(flag.account))
  return { account: gate?.account ?? account, flags, tally: tallies.find((tally) => isIt(tally.account)) ?? null, gate }
}

/** Every live flag: what the stream says up to the end of its snapshot. */
async function liveFlags(socketPath: string, signal: AbortSignal): Promise<readonly Flag[]> {
  const flags: Flag[] = []
  const enough = new AbortController()
  const onLine = (line: { readonly kind: string }): void => {
    if (line.kind === 'flag') flags.push(line as Flag)
    if (line.kind === 'snapshot-end') enough.abort()
  }
  try {
    const listener = { onLine, onRefused: () => undefined }
    await followFlags(socketPath, listener, AbortSignal.any([signal, enough.signal, AbortSignal.timeout(TIMEOUT_MS)]))
  } catch (error) {
    if (!enough.signal.aborted) throw error
  }
  return flags
}

/** `null` where this `watch` keeps no gate, or is an older one. */
async function askGate(socketPath: string, account: string, signal: AbortSignal): Promise<GateAccount | null> {
  const { statusCode, body } = await askWatch(socketPath, `/gate-account?account=${encodeURIComponent(account)}`, signal)
  if (statusCode !== 200) return null
  const answer: unknown = JSON.parse(body)
  return Value.Check(GateAccount, answer) ? answer : null
}

async function askTallies(socketPath: string, signal: AbortSignal): Promise<readonly AccountTally[]> {
  const { body } = await askWatch(socketPath, '/status', signal)
  return (JSON.parse(body) as Partial<WatchStatus>).accounts?.top ?? []
}

async function askWatch(socketPath: string, path: string, signal: AbortSignal) {
  try {
    const url = new URL(path, 'http://watch')
    const answer = await sendRequest({ url, socketPath, method: 'GET', headers: {}, idleTimeoutMs: TIMEOUT_MS, signal })
    const body = await readBody(answer, MAX_STATUS_BYTES)
    return { statusCode: answer.statusCode, body: body?.toString('utf8') ?? '' }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WatchLinkError('WATCH_AWAY', `Cannot ask watch at ${JSON.stringify(socketPath)}: ${reason}`, { cause })
  }
}
