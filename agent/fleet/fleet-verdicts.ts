import type { Flag } from '../../rules/reports/flag.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { type BlocksDocument, type FleetVerdict, parseBlocks } from '../../rules/verdicts/blocks-document.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { TrustError } from '../trust/trust-error.ts'
import type { FleetWatch, SeenAccount } from './fleet-watch.ts'

export interface FleetVerdictsParts {
  readonly watch: FleetWatch
  readonly board: StatusBoard
  readonly clock: Clock
  readonly log: Log
  /** Gets the flags that the verdicts come to here, each time they may have changed. */
  readonly onFlags: (flags: readonly Flag[]) => void
}

/**
 * The verdicts over all edges, as this edge can act on them: the signed document names accounts by token, `watch` says who that is and what
 * addresses the account uses here. What follows is a flag like any other, within the same bounds.
 */
export interface FleetVerdicts {
  /** Version held, 0 before the first. */
  readonly version: number
  /** Some verdict has not ended yet. */
  readonly hasLive: boolean
  /** Takes signed bytes that the metadata calls `version`. @throws BlocksError; TrustError TARGET_MISMATCH, METADATA_OLDER */
  take(version: number, bytes: Uint8Array): void
  /** Asks `watch` again: an account moves on to other addresses. Never throws; what was known stays. */
  look(signal: AbortSignal): Promise<void>
}

export function createFleetVerdicts({ watch, board, clock, log, onFlags }: FleetVerdictsParts): FleetVerdicts {
  let document: BlocksDocument | undefined
  const seen = new Map<string, SeenAccount>()
  let isLooking = false
  let told = '[]'

  const live = (): readonly FleetVerdict[] => document?.verdicts.filter(({ until }) => Date.parse(until) > clock.nowMs()) ?? []

  const show = (): void => {
    const verdicts = live()
    const tokens = new Set(verdicts.map(({ token }) => token))
    for (const token of seen.keys()) if (!tokens.has(token)) seen.delete(token)
    const { lastTallyAt } = board.read().fleet
    board.set({
      fleet: {
        version: document?.version ?? 0,
        publishedAt: document?.publishedAt ?? null,
        verdicts: verdicts.length,
        seen: seen.size,
        lastTallyAt,
      },
    })
    const flags = verdicts.flatMap((verdict) => {
      const account = seen.get(verdict.token)
      return account === undefined ? [] : [flagOf(verdict, account)]
    })
    const text = JSON.stringify(flags)
    if (text === told) return
    told = text
    onFlags(flags)
  }

  return {
    get version() {
      return document?.version ?? 0
    },
    get hasLive() {
      return live().length > 0
    },
    take(version, bytes) {
      const next = parseBlocks(bytes)
      if (next.version !== version)
        throw new TrustError('TARGET_MISMATCH', `Cannot take blocks ${version}: the document says that it is ${next.version}`)
      if (document !== undefined && next.version < document.version)
        throw new TrustError('METADATA_OLDER', `Cannot take blocks ${version}: ${document.version} was taken already`)
      document = next
      log.info({ version, verdicts: next.verdicts.length }, 'verdicts over all edges were taken')
      show()
    },
    async look(signal) {
      const tokens = live().map(({ token }) => token)
      if (isLooking) return
      isLooking = true
      try {
        const accounts = tokens.length === 0 ? [] : await watch.accounts(tokens, signal)
        for (const account of accounts) seen.set(account.token, account)
      } catch (error) {
        if (!signal.aborted) log.debug(faultOf(error), 'watch could not be asked who is meant')
      } finally {
        isLooking = false
      }
      show()
    },
  }
}

/** `at` is when central last said it: a block counts from there. */
function flagOf(verdict: FleetVerdict, { account, facility, sources }: SeenAccount): Flag {
  const { rule, action, at, until, requests, subjects, evidence } = verdict
  return { kind: 'flag', at, account, facility, rule: `fleet-${rule}`, action, requests, subjects, sources, evidence, until }
}
