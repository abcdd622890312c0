import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { ToldRehearsal } from '../../rules/rehearsal/rehearsal-counts.ts'
import { MaskedAccount } from '../../rules/reports/masked-account.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { MAX_TALLY_BYTES } from '../../rules/tallies/tally-bytes.ts'
import { UserUses } from '../../rules/users/user-uses.ts'
import { readBody, sendRequest } from '../control/http-request.ts'
import { WatchLinkError } from '../verdicts/watch-link-error.ts'

const TIMEOUT_MS = 5000
const MAX_ANSWER_BYTES = 2_000_000
/** As many as one question may name. */
const ASKED_AT_ONCE = 100

const OfferedTally = Type.Object({
  boot: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  sequence: Type.Integer({ minimum: 1 }),
  isWhole: Type.Boolean(),
  bytes: Type.Integer({ minimum: 0 }),
})
/** A tally that waits at `watch`. */
export type OfferedTally = Static<typeof OfferedTally>

const SeenAccount = Type.Object({
  token: Type.String({ pattern: '^[a-p]{16}$' }),
  account: MaskedAccount,
  facility: Type.Union([Type.String({ pattern: '^[0-9]{5}$' }), Type.Null()]),
  sources: Type.Array(Type.String({ maxLength: 45 }), { maxItems: 8 }),
})
/** An account that central named by its token, as this edge knows it. */
export type SeenAccount = Static<typeof SeenAccount>

const Tallies = Type.Object({ tallies: Type.Array(OfferedTally, { maxItems: 1000 }) })
const Accounts = Type.Object({ accounts: Type.Array(SeenAccount, { maxItems: ASKED_AT_ONCE }) })

/** Uses of OTP grants after a change, and the number to ask from next time. */
const Uses = Type.Object({
  change: Type.Integer({ minimum: 0 }),
  uses: Type.Array(
    Type.Object({
      token: Type.String({ pattern: '^[a-p]{16}$' }),
      usedAt: Type.Integer({ minimum: 0, maximum: 2 ** 40, description: 'second since 1970' }),
    }),
    { maxItems: 20_000 },
  ),
})
export type ToldUses = Static<typeof Uses>

const Days = Type.Object({ change: Type.Integer({ minimum: 0 }), ...UserUses.properties })
export type ToldDays = Static<typeof Days>

const Faults = Type.Object({
  faults: Type.Array(
    Type.Object({
      code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' }),
      message: Type.String(),
      since: Type.String({ maxLength: 40 }),
    }),
    { maxItems: 1000 },
  ),
})
/** A fault of `watch` or its gate: `since` is an instant (ISO 8601), or empty where it told none. */
export type ToldFault = Static<typeof Faults>['faults'][number]
/** Faults that are shown; of as many nobody reads more. */
const MOST_FAULTS = 32
const MOST_WORDS = 1000

/** What the agent asks of `watch` for central. `watch` parses hostile input, so each answer is judged strictly. @throws WatchLinkError */
export interface FleetWatch {
  /** What waits for central, oldest first; nothing where `watch` counts nothing for it. */
  tallies(signal: AbortSignal): Promise<readonly OfferedTally[]>
  /** The bytes of one; `undefined` where it is gone. */
  tally(offered: OfferedTally, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Those of the accounts that made a request here lately. */
  accounts(tokens: readonly string[], signal: AbortSignal): Promise<readonly SeenAccount[]>
  /** Faults that hold now. */
  faults?(signal: AbortSignal): Promise<readonly ToldFault[]>
  /** Look-ups under grants that the gate let through; `undefined` where there is no gate. */
  grantUses?(since: number, signal: AbortSignal): Promise<ToldUses | undefined>
  /** On which day named users were last let through, after change number `since`; `undefined` where there is no gate. */
  userUses?(since: number, signal: AbortSignal): Promise<ToldDays | undefined>
  /** What the rehearsal counted after change `since` of start `boot` of watch; `undefined` where there is no gate, or nothing of it leaves this edge. */
  rehearsalCounts?(boot: string, since: number, signal: AbortSignal): Promise<ToldRehearsal | undefined>
}

export function createFleetWatch(socketPath: string): FleetWatch {
  const ask = async (path: string, maxBytes: number, signal: AbortSignal): Promise<Buffer | undefined> => {
    try {
      const url = new URL(`http://watch${path}`)
      const answer = await sendRequest({ url, socketPath, method: 'GET', headers: {}, idleTimeoutMs: TIMEOUT_MS, signal })
      const body = await readBody(answer, maxBytes)
      // An older watch does not know the path.
      if (answer.statusCode === 404) return undefined
      if (answer.statusCode === 200 && body !== undefined) return body
      throw new WatchLinkError('WATCH_ANSWER', `Cannot ask watch for ${url.pathname}: it answered ${answer.statusCode}`)
    } catch (cause) {
      if (cause instanceof WatchLinkError) throw cause
      const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
      throw new WatchLinkError('WATCH_AWAY', `Cannot ask watch at ${JSON.stringify(socketPath)}: ${reason}`, { cause })
    }
  }
  const askJson = async <S extends TSchema>(path: string, schema: S, signal: AbortSignal): Promise<Static<S> | undefined> => {
    const body = await ask(path, MAX_ANSWER_BYTES, signal)
    if (body === undefined) return undefined
    const answer = parseJson(body.toString('utf8'))
    if (Value.Check(schema, answer)) return answer
    throw new WatchLinkError('WATCH_ANSWER', `Cannot ask watch for ${path.split('?')[0]}: its answer is not of the agreed form`)
  }
  return {
    tallies: async (signal) => (await askJson('/tallies', Tallies, signal))?.tallies ?? [],
    tally: ({ boot, sequence }, signal) => ask(`/tallies/${boot}/${sequence}`, MAX_TALLY_BYTES, signal),
    grantUses: (since, signal) => askJson(`/grant-uses?since=${since}`, Uses, signal),
    rehearsalCounts: (boot, since, signal) => askJson(`/rehearsal-counts?boot=${boot}&since=${since}`, ToldRehearsal, signal),
    userUses: (since, signal) => askJson(`/user-uses?since=${since}`, Days, signal),
    async faults(signal) {
      const told = (await askJson('/status', Faults, signal))?.faults ?? []
      return told.slice(0, MOST_FAULTS).map(({ code, message, since }) => ({
        code,
        message: hideIdentifiers(message.slice(0, MOST_WORDS).replaceAll(/\p{Cc}+/gu, ' ')),
        since: Number.isNaN(Date.parse(since)) ? '' : new Date(since).toISOString(),
      }))
    },
    async accounts(tokens, signal) {
      const accounts: SeenAccount[] = []
      for (let from = 0; from < tokens.length; from += ASKED_AT_ONCE) {
        const some = tokens.slice(from, from + ASKED_AT_ONCE)
        accounts.push(...((await askJson(`/accounts?tokens=${some.join(',')}`, Accounts, signal))?.accounts ?? []))
      }
      return accounts
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Told as an answer of another form.
  }
}
