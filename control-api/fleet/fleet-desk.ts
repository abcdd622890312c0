import { setImmediate as othersFirst } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { DetectPolicy } from '../../rules/detect/detect-policy.ts'
import { FleetTallies, type TallyReceipt } from '../../rules/tallies/fleet-tallies.ts'
import type { Tally } from '../../rules/tallies/tally.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { type FleetVerdict, MAX_VERDICT_MS, MAX_VERDICTS } from '../../rules/verdicts/blocks-document.ts'
import { type FleetFinding, FleetJudge } from '../../rules/verdicts/fleet-judge.ts'
import { ControlError } from '../http/control-error.ts'
import type { Publisher } from '../publication/publisher.ts'
import type { Actor, Store, StoreTransaction } from '../store/store.ts'
import { createTurns } from '../store/turns.ts'
import { createFleetNormsKeeper } from './fleet-norms-keeper.ts'
import { heldVerdicts, quietTokens } from './fleet-rows.ts'
import type { FleetVerdictRow } from './fleet-tables.ts'
import type { NormsFile } from './norms-file.ts'

const JUDGE: Actor = { person: 'control-api', role: 'system' }
/** What goes on is signed anew when less than this is left of it. */
const RENEW_MS = 15 * 60_000
const VISITS_MS = 5 * 60_000
/** Accounts judged before others get their turn. */
const BATCH = 250
/** Accounts that wait to be judged; what a broken edge says beyond it waits for the next time they are named. */
const MAX_NAMED = 200_000
/** An edge sends two a minute, and after an outage as many as it still holds. */
const MAX_TALLIES_A_MINUTE = 240

/** What is known of the tallies, from memory. */
export interface FleetFigures {
  /** Edges that sent a tally within the last ten minutes. */
  readonly edges: number
  readonly lastTallyAtMs: number | undefined
  readonly tallies: number
  /** Minutes that came too late or from the future. */
  readonly refusedMinutes: number
  readonly parts: number
  readonly droppedParts: number
  /** Version of the blocks document that edges see; 0 before the first. */
  readonly version: number
  /** Accounts of which it is known what is usual for them. */
  readonly knownAccounts: number
  /** Caps that bite, exemptions that ended, what was learned and is lost. */
  readonly findings: readonly string[]
}

/** Adds up what all edges count, judges the sum, and has what follows signed. Sums are in memory: after a restart edges send what they still hold. What is usual is kept in a file. */
export interface FleetDesk {
  /** Takes a tally in; its sender is who proved to be, whatever the tally says. */
  take(tally: Tally, agentId: string, isWhole: boolean): TallyReceipt
  /** Judges what came since, ends what is over, signs what changed. One at a time. @throws StoreError, PublicationError */
  work(): Promise<void>
  figures(): FleetFigures
}

export interface FleetDeskParts {
  readonly store: Store
  readonly publisher: Publisher
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly policy: DetectPolicy
  readonly maxParts: number
  readonly norms: NormsFile
  readonly randomBytes: (size: number) => Uint8Array
}

export function createFleetDesk(parts: FleetDeskParts): FleetDesk {
  const { store, publisher, clock, log, policy } = parts
  const tallies = new FleetTallies({ maxParts: parts.maxParts })
  const inTurn = createTurns()
  const named = new Set<string>()
  /** By edge: its tallies of the present minute, and when the last one came. */
  const heard = new Map<string, { readonly minute: number; readonly count: number; readonly atMs: number }>()
  let visits: ReadonlyMap<string, number> = new Map()
  let visitsAtMs = Number.NEGATIVE_INFINITY
  let taken = 0
  let lastTallyAtMs: number | undefined
  /** What the signed document says, as one text; unknown after a start. */
  let published: string | undefined
  const judge = new FleetJudge({ tallies, policy, dailyVisitsOf: (facility) => visits.get(facility) })
  const keeper = createFleetNormsKeeper(judge, parts.norms, log)

  /** @throws ControlError TOO_MANY */
  function noteTally(agentId: string, nowMs: number): void {
    const minute = Math.floor(nowMs / 60_000)
    const before = heard.get(agentId)
    const count = before?.minute === minute ? before.count + 1 : 1
    if (count > MAX_TALLIES_A_MINUTE)
      throw new ControlError(
        'TOO_MANY',
        `This edge sent ${MAX_TALLIES_A_MINUTE} tallies within a minute; send no more until the next one.`,
      )
    heard.set(agentId, { minute, count, atMs: nowMs })
  }

  async function readVisits(nowMs: number): Promise<void> {
    if (nowMs - visitsAtMs < VISITS_MS) return
    const rows = await store.read((db) =>
      db.selectFrom('facility').select(['code', 'daily_visits']).where('daily_visits', 'is not', null).execute(),
    )
    visits = new Map(rows.map(({ code, daily_visits }) => [code, daily_visits ?? 0]))
    visitsAtMs = nowMs
  }

  async function noteFinding(tx: StoreTransaction, finding: FleetFinding, held: FleetVerdictRow | undefined): Promise<void> {
    const { verdict, edges } = finding
    if (verdict.action === 'release') {
      if (held !== undefined) await endRow(tx, held, verdict.atMs)
      return
    }
    const values = {
      facility: verdict.facility ?? null,
      rule: verdict.rule as FleetVerdictRow['rule'],
      action: verdict.action,
      at_ms: Math.round(verdict.atMs),
      until_ms: Math.round(verdict.untilMs ?? verdict.atMs),
      requests: verdict.requests,
      subjects: verdict.subjects,
      edges,
      evidence_vi: verdict.evidence.vi,
      evidence_en: verdict.evidence.en,
    }
    const id = held?.id ?? `verdict-${Buffer.from(parts.randomBytes(8)).toString('hex')}`
    if (held === undefined) {
      const row = {
        id,
        token: verdict.account,
        state: 'held' as const,
        ended_at_ms: null,
        person: null,
        reason: null,
        quiet_until_ms: null,
      }
      await tx.db
        .insertInto('fleet_verdict')
        .values({ ...row, ...values })
        .execute()
    } else await tx.db.updateTable('fleet_verdict').set(values).where('id', '=', id).execute()
    const { facility, rule, action, requests, subjects, evidence_en: evidence } = values
    await tx.audit({
      action: `fleet.${action}`,
      target: id,
      details: { token: verdict.account, facility, rule, requests, subjects, edges, evidence, untilMs: values.until_ms },
    })
    log.warn({ id, facility, rule, action, requests, subjects, edges }, 'account flagged over all edges')
  }

  async function endRow(tx: StoreTransaction, { id, token }: FleetVerdictRow, atMs: number): Promise<void> {
    await tx.db
      .updateTable('fleet_verdict')
      .set({ state: 'ended', ended_at_ms: Math.round(atMs) })
      .where('id', '=', id)
      .execute()
    await tx.audit({ action: 'fleet.end', target: id, details: { token } })
  }

  /** Rows that end, and those whose end moved far enough to be said again. */
  async function moveOn(tx: StoreTransaction, rows: readonly FleetVerdictRow[], nowMs: number): Promise<void> {
    for (const row of rows) {
      const untilMs = Math.round(judge.untilOf(row.token) ?? row.until_ms)
      if (untilMs <= nowMs) await endRow(tx, row, row.until_ms)
      else if (untilMs > row.until_ms && row.until_ms - nowMs < RENEW_MS) {
        await tx.db.updateTable('fleet_verdict').set({ until_ms: untilMs, at_ms: nowMs }).where('id', '=', row.id).execute()
        await tx.audit({ action: 'fleet.extend', target: row.id, details: { token: row.token, untilMs } })
      }
    }
  }

  async function sign(nowMs: number): Promise<void> {
    const rows = (await store.read(heldVerdicts)).filter(({ action, until_ms }) => action !== 'watch' && until_ms > nowMs)
    // The newest ones where there is no room for all: a flood of old ones must not hide them.
    const verdicts = rows.slice(-MAX_VERDICTS).map((row) => verdictOf(row, nowMs))
    const text = JSON.stringify(verdicts.map(({ token, action, until }) => [token, action, until]))
    if (text === published || (published === undefined && verdicts.length === 0 && publisher.sideVersion('blocks') === 0)) return
    const version = await publisher.publishBlocks(verdicts)
    published = text
    await store.transact(JUDGE, (tx) =>
      tx.audit({ action: 'blocks.publish', target: String(version), details: { verdicts: verdicts.length } }),
    )
    log.info({ version, verdicts: verdicts.length }, 'blocks published')
  }

  async function workOnce(): Promise<void> {
    const nowMs = clock.nowMs()
    tallies.advance(nowMs)
    await readVisits(nowMs)
    const { held, quiet } = await store.read(async (db) => ({
      held: await heldVerdicts(db),
      quiet: await quietTokens(db, nowMs),
    }))
    judge.keepReleased(quiet)
    await keeper.learn(nowMs)
    const asked = [...new Set([...named, ...judge.underAction()])]
    named.clear()
    const findings: FleetFinding[] = []
    for (let from = 0; from < asked.length; from += BATCH) {
      findings.push(...judge.judgeSome(asked.slice(from, from + BATCH), nowMs))
      await othersFirst()
    }
    findings.unshift(...judge.release(nowMs))
    const byToken = new Map(held.map((row) => [row.token, row]))
    const isDue = ({ token, until_ms }: FleetVerdictRow): boolean => {
      const untilMs = judge.untilOf(token) ?? until_ms
      return untilMs <= nowMs || (untilMs > until_ms && until_ms - nowMs < RENEW_MS)
    }
    const judged = new Set(findings.map(({ verdict }) => verdict.account))
    const due = held.filter((row) => !judged.has(row.token) && isDue(row))
    const noted = findings.filter(({ verdict }) => verdict.action !== 'release' || byToken.has(verdict.account))
    if (noted.length + due.length > 0) {
      await store.transact(JUDGE, async (tx) => {
        for (const finding of noted) await noteFinding(tx, finding, byToken.get(finding.verdict.account))
        await moveOn(tx, due, nowMs)
      })
    }
    await sign(nowMs)
  }

  return {
    take(tally, agentId, isWhole) {
      const nowMs = clock.nowMs()
      noteTally(agentId, nowMs)
      const receipt = tallies.take({ ...tally, edge: agentId }, nowMs, isWhole)
      judge.norms.hear(agentId, nowMs)
      for (const { entries } of tally.minutes) for (const { token } of entries) if (named.size < MAX_NAMED) named.add(token)
      lastTallyAtMs = nowMs
      taken++
      return receipt
    },
    work: () => inTurn(workOnce),
    figures() {
      const nowMs = clock.nowMs()
      for (const [edge, { atMs }] of heard) if (nowMs - atMs > 600_000) heard.delete(edge)
      return {
        edges: heard.size,
        lastTallyAtMs,
        tallies: taken,
        refusedMinutes: tallies.refused,
        parts: tallies.parts,
        droppedParts: tallies.dropped,
        version: publisher.sideVersion('blocks'),
        knownAccounts: judge.norms.size,
        findings: [...judge.findings(nowMs), ...keeper.findings],
      }
    },
  }
}

function verdictOf(row: FleetVerdictRow, nowMs: number): FleetVerdict {
  const { token, facility, rule, action, requests, subjects, edges } = row
  if (action === 'watch') throw new RangeError('Cannot sign a verdict that only names an account')
  return {
    token,
    facility,
    rule,
    action,
    at: new Date(row.at_ms).toISOString(),
    until: new Date(Math.min(row.until_ms, nowMs + MAX_VERDICT_MS)).toISOString(),
    requests,
    subjects,
    edges,
    evidence: { vi: row.evidence_vi, en: row.evidence_en },
  }
}
