import { describe, expect, it } from 'vitest'
import { createFleetVerdicts } from '../../../agent/fleet/fleet-verdicts.ts'
import type { SeenAccount } from '../../../agent/fleet/fleet-watch.ts'
import { createStatusBoard } from '../../../agent/status/status-board.ts'
import { WatchLinkError } from '../../../agent/verdicts/watch-link-error.ts'
import type { Flag } from '../../../rules/reports/flag.ts'
import { type FleetVerdict, formatBlocks } from '../../../rules/verdicts/blocks-document.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { codeOf } from '../../support/code-of.ts'
import { aFleetVerdict } from '../../support/fleet-verdict.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { tokenOf } from '../../support/tallies.ts'

const NEVER = new AbortController().signal
const TOKEN = tokenOf('01234_BV')

function scene() {
  const clock = createMovableClock(Date.parse('2026-03-02T01:00:00Z'))
  const board = createStatusBoard(
    { name: 'edge-1', agentVersion: '0', localHold: false, backend: { name: 'nft', reason: '' } },
    clock,
  )
  const told: (readonly Flag[])[] = []
  const known: SeenAccount[] = []
  const asked: string[] = []
  let isAway = false
  const verdicts = createFleetVerdicts({
    watch: {
      tallies: async () => [],
      tally: async () => undefined,
      async accounts(tokens) {
        if (isAway) throw new WatchLinkError('WATCH_AWAY', 'away')
        asked.push(...tokens)
        return [...known]
      },
    },
    board,
    clock,
    log: createFakeLog(),
    onFlags: (flags) => told.push(flags),
  })
  const bytesOf = (version: number, ...list: readonly FleetVerdict[]) =>
    formatBlocks({
      format: 'edgeward-blocks/1',
      version,
      publishedAt: '2026-03-02T01:00:00.000Z',
      expiresAt: '2026-03-03T01:00:00.000Z',
      verdicts: [...list],
    })
  return {
    clock,
    told,
    known,
    asked,
    verdicts,
    bytesOf,
    facts: () => board.read().fleet,
    cut: (away: boolean) => {
      isAway = away
    },
  }
}

const here = (...sources: string[]): SeenAccount => ({ token: TOKEN, account: '01234_BV', facility: '01234', sources })

describe('createFleetVerdicts', () => {
  it('asks watch who is meant, and makes a flag of it with the addresses used here', async () => {
    const { verdicts, bytesOf, known, told, facts } = scene()
    known.push(here('20.0.0.66'))
    verdicts.take(1, bytesOf(1, aFleetVerdict(), aFleetVerdict({ token: tokenOf('another') })))
    await verdicts.look(NEVER)
    const { evidence, at, until } = aFleetVerdict()
    expect(told.at(-1)).toEqual([
      {
        kind: 'flag',
        at,
        account: '01234_BV',
        facility: '01234',
        rule: 'fleet-peers',
        action: 'suspend',
        requests: 400,
        subjects: 390,
        sources: ['20.0.0.66'],
        evidence,
        until,
      },
    ])
    expect(facts()).toMatchObject({ version: 1, verdicts: 2, seen: 1 })
  })

  it('follows the account to other addresses, and keeps what it knew while watch is away', async () => {
    const { verdicts, bytesOf, known, told, cut } = scene()
    known.push(here('20.0.0.66'))
    verdicts.take(1, bytesOf(1, aFleetVerdict()))
    await verdicts.look(NEVER)
    known[0] = here('20.0.0.67', '20.0.0.66')
    await verdicts.look(NEVER)
    cut(true)
    await verdicts.look(NEVER)
    expect(told.map((flags) => flags.map(({ sources }) => sources.join()))).toEqual([['20.0.0.66'], ['20.0.0.67,20.0.0.66']])
  })

  it('lets verdicts end by themselves, also without central, and asks for nobody then', async () => {
    const { verdicts, bytesOf, known, told, clock, asked, facts } = scene()
    known.push(here('20.0.0.66'))
    verdicts.take(1, bytesOf(1, aFleetVerdict()))
    await verdicts.look(NEVER)
    clock.moveTo(Date.parse('2026-03-02T01:30:00Z'))
    expect(verdicts.hasLive).toBe(false)
    asked.length = 0
    await verdicts.look(NEVER)
    expect([told.at(-1), asked, facts().verdicts]).toEqual([[], [], 0])
  })

  it('takes nothing older than it holds, and nothing that calls itself otherwise', () => {
    const { verdicts, bytesOf } = scene()
    verdicts.take(5, bytesOf(5, aFleetVerdict()))
    expect(codeOf(() => verdicts.take(4, bytesOf(4)))).toBe('METADATA_OLDER')
    expect(codeOf(() => verdicts.take(7, bytesOf(6)))).toBe('TARGET_MISMATCH')
    expect(codeOf(() => verdicts.take(6, Buffer.from('{}\n')))).toBe('BLOCKS_FIELD')
    expect(verdicts.version).toBe(5)
  })
})
