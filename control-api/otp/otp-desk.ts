import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlError } from '../http/control-error.ts'
import type { SmsDesk } from '../sms/sms-desk.ts'
import type { Actor, Store, StoreTransaction } from '../store/store.ts'
import { giveGrant } from './grant-rows.ts'
import { type Asker, guessHistory, isKnownSource, noteRight, noteWrong } from './guess-rows.ts'
import { type GuessLimits, judgeGuesses } from './judge-guesses.ts'
import { judgePace, type PaceLimits } from './judge-pace.ts'
import { findBhxhCode, shownEnd } from './officer-fields.ts'
import { findCode, makeCode } from './one-time-code.ts'
import type { OtpKeys } from './otp-keys.ts'
import { badCode, locked, over, tooSoon, wrong } from './otp-refusals.ts'
import { paceHistory, tidyRequests } from './otp-rows.ts'
import type { OfficerRow, OtpRequestRow } from './otp-tables.ts'
import { ATTACK_TEXT, codeText } from './sms-words.ts'

/** The notice of an attack is of use for a day. */
const NOTICE_MS = 24 * 3_600_000

export interface OtpLimits extends PaceLimits, GuessLimits {
  readonly codeMinutes: number
  readonly attempts: number
  /** Wrong codes for one number within a day that are told as an attack. */
  readonly alertWrong: number
  readonly grantHours: number
  readonly idleMinutes: number
}

export interface AskedCode {
  /** What the code is given back with. Nobody can guess it; only its hash is kept. */
  readonly requestId: string
  readonly expiresAtMs: number
  /** From when on another one may be asked for. */
  readonly resendAtMs: number
}

export interface GivenRight {
  readonly grantedAtMs: number
  /** When it lapses if nothing is looked up. */
  readonly idleEndsAtMs: number
  readonly endsAtMs: number
}

/** How many of each end there were since the start, for metrics. */
export type OtpFigures = ReadonlyMap<string, number>

/** Where officers get their codes (1232/BHXH-CNTT). What it answers never tells whether a BHXH number is on a list. */
export interface OtpDesk {
  /** Sends a code to the officer's registered phone. @throws ControlError OTP_OFF, BAD_FIELDS, OTP_TOO_SOON, OTP_LOCKED */
  ask(actor: Actor, asker: { readonly bhxhCode: string; readonly source: string }): Promise<AskedCode>
  /** Takes the code and gives the right. @throws ControlError OTP_OFF, OTP_WRONG, OTP_OVER, OTP_LOCKED */
  verify(
    actor: Actor,
    answer: { readonly requestId: string; readonly code: string; readonly source: string },
  ): Promise<GivenRight>
  figures(): OtpFigures
}

export interface OtpDeskParts {
  readonly store: Store
  readonly sms: SmsDesk
  readonly keys: OtpKeys
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly limits: OtpLimits
  /** Whether a source is an office's, known from the start. */
  readonly isOffice: (source: string) => boolean
  readonly randomBytes: (size: number) => Uint8Array
  /** Told after a right was given, so that edges hear of it at once. */
  readonly onGrant: () => void
  /** Waits out what is left of the time that every answer takes. */
  readonly settle: (sinceMs: number) => Promise<void>
}

export function createOtpDesk(parts: OtpDeskParts): OtpDesk {
  const { store, sms, keys, clock, log, limits } = parts
  const counts = new Map<string, number>()
  const count = (end: string): void => {
    counts.set(end, (counts.get(end) ?? 0) + 1)
  }

  const requireOn = (): void => {
    if (sms.isOn) return
    throw new ControlError('OTP_OFF', 'Name a gateway in sms.order first.', { vi: 'Chưa cấu hình cổng gửi SMS.' })
  }

  const askerOf = async (tx: StoreTransaction, bhxhHash: string, source: string, nowMs: number): Promise<Asker> => {
    const sourceHash = keys.fingerprint('source', source)
    const isUsed = await isKnownSource(tx.db, bhxhHash, sourceHash, nowMs)
    return { bhxhHash, sourceHash, isKnown: isUsed || parts.isOffice(source) }
  }

  const findLock = async (tx: StoreTransaction, asker: Asker, nowMs: number): Promise<ControlError | undefined> => {
    const verdict = judgeGuesses(await guessHistory(tx.db, asker, nowMs), limits, nowMs)
    return verdict.kind === 'locked' ? locked(verdict.scope, verdict.untilMs, nowMs) : undefined
  }

  const requireUnlocked = async (tx: StoreTransaction, asker: Asker, nowMs: number): Promise<void> => {
    const lock = await findLock(tx, asker, nowMs)
    if (lock !== undefined) throw lock
  }

  const askOnce = async (actor: Actor, bhxhCode: string, source: string): Promise<AskedCode> => {
    const nowMs = clock.nowMs()
    const bhxhHash = keys.fingerprint('bhxh', bhxhCode)
    const requestId = Buffer.from(parts.randomBytes(18)).toString('base64url')
    const code = makeCode(parts.randomBytes)
    const expiresAtMs = nowMs + limits.codeMinutes * 60_000
    await store.transact(actor, async (tx) => {
      const asker = await askerOf(tx, bhxhHash, source, nowMs)
      await requireUnlocked(tx, asker, nowMs)
      const officer = await tx.db
        .selectFrom('otp_officer')
        .selectAll()
        .where('bhxh_hash', '=', bhxhHash)
        .where('state', '=', 'approved')
        .executeTakeFirst()
      const phoneHash = officer?.phone_hash ?? null
      const pace = judgePace(await paceHistory(tx.db, { ...asker, phoneHash, nowMs }), limits, nowMs)
      if (pace.kind === 'wait') throw tooSoon(pace.why, pace.untilMs, nowMs)
      await tx.db
        .updateTable('otp_request')
        .set({ state: 'replaced' })
        .where('bhxh_hash', '=', bhxhHash)
        // Or a stranger who asks would take the officer's code away.
        .where('source_hash', '=', asker.sourceHash)
        .where('state', '=', 'open')
        .execute()
      const isSent = officer !== undefined && pace.kind === 'go'
      const row: OtpRequestRow = {
        id_hash: idHash(requestId),
        officer_id: officer?.id ?? null,
        bhxh_hash: bhxhHash,
        phone_hash: isSent ? phoneHash : null,
        source_hash: asker.sourceHash,
        is_known: asker.isKnown ? 1 : 0,
        // A code that was sent to nobody has no right answer, not even by luck.
        code_hash: Buffer.from(isSent ? keys.codeHash(requestId, code) : parts.randomBytes(32)).toString('hex'),
        state: 'open',
        attempts: 0,
        requested_at_ms: nowMs,
        expires_at_ms: expiresAtMs,
      }
      await tx.db.insertInto('otp_request').values(row).execute()
      const smsId = isSent ? await sendCode(tx, officer, code, expiresAtMs) : null
      await tidyRequests(tx.db, nowMs)
      const end = isSent ? 'sent' : officer === undefined ? 'unknown' : 'withheld'
      const details = { bhxh: shownEnd(bhxhCode), source, end, sms: smsId }
      await tx.audit({ action: 'otp.ask', target: officer?.id ?? 'officer/unknown', details })
      count(end)
    })
    return { requestId, expiresAtMs, resendAtMs: nowMs + limits.resendS * 1000 }
  }

  const sendCode = (tx: StoreTransaction, officer: OfficerRow, code: string, notAfterMs: number): Promise<string> =>
    sms.enqueue(tx, {
      kind: 'code',
      phone: keys.sealer.open(officer.phone, 'otp.phone'),
      text: codeText(code, limits.codeMinutes),
      notAfterMs,
    })

  const verifyOnce = async (actor: Actor, requestId: string, text: string, source: string): Promise<GivenRight> => {
    const nowMs = clock.nowMs()
    const given = findCode(text)
    const result = await store.transact(actor, async (tx): Promise<GivenRight | ControlError> => {
      const row = await tx.db.selectFrom('otp_request').selectAll().where('id_hash', '=', idHash(requestId)).executeTakeFirst()
      if (row === undefined || row.state !== 'open' || row.expires_at_ms <= nowMs) throw over()
      const asker = await askerOf(tx, row.bhxh_hash, source, nowMs)
      await requireUnlocked(tx, asker, nowMs)
      const expected = Buffer.from(row.code_hash, 'hex')
      const isRight = timingSafeEqual(expected, keys.codeHash(requestId, given ?? '')) && row.officer_id !== null
      const officer = await tx.db
        .selectFrom('otp_officer')
        .selectAll()
        .where('id', '=', row.officer_id ?? '')
        .executeTakeFirst()
      const target = row.officer_id ?? 'officer/unknown'
      if (!isRight || officer?.state !== 'approved') {
        const attempts = row.attempts + 1
        const isBurnt = attempts >= limits.attempts
        await tx.db
          .updateTable('otp_request')
          .set({ attempts, state: isBurnt ? 'burnt' : 'open' })
          .where('id_hash', '=', row.id_hash)
          .execute()
        const wrongs = await noteWrong(tx.db, asker, nowMs)
        const lock = await findLock(tx, asker, nowMs)
        const details = { attempts, source, known: asker.isKnown, wrongDay: wrongs, locked: lock?.facts ?? null }
        await tx.audit({ action: 'otp.wrong', target, details })
        if (wrongs === limits.alertWrong) await tellAttack(tx, officer, target, { source, wrongs, nowMs })
        return lock ?? wrong(limits.attempts - attempts)
      }
      await tx.db.updateTable('otp_request').set({ state: 'used' }).where('id_hash', '=', row.id_hash).execute()
      await noteRight(tx.db, asker, nowMs)
      await tx.audit({ action: 'otp.verify', target, details: { attempts: row.attempts + 1, source } })
      const grant = await giveGrant(tx, actor, {
        officerId: officer.id,
        nowMs,
        hours: limits.grantHours,
        randomBytes: parts.randomBytes,
      })
      return { grantedAtMs: nowMs, idleEndsAtMs: nowMs + limits.idleMinutes * 60_000, endsAtMs: grant.ends_at_ms }
    })
    // A wrong answer is kept before it is told.
    if (result instanceof ControlError) throw result
    parts.onGrant()
    return result
  }

  /** Somebody tries codes: the officer hears of it, and whoever reads log, audit or metrics. */
  const tellAttack = async (
    tx: StoreTransaction,
    officer: OfficerRow | undefined,
    target: string,
    { source, wrongs, nowMs }: { readonly source: string; readonly wrongs: number; readonly nowMs: number },
  ): Promise<void> => {
    await tx.audit({ action: 'otp.attack', target, details: { wrongDay: wrongs, source } })
    log.warn({ target, wrongDay: wrongs, source }, 'many wrong codes for one number')
    count('attack')
    if (officer?.state !== 'approved') return
    const phone = keys.sealer.open(officer.phone, 'otp.phone')
    await sms.enqueue(tx, { kind: 'notice', phone, text: ATTACK_TEXT, notAfterMs: nowMs + NOTICE_MS })
  }

  /** Every answer takes the same time, so that it does not tell what was found. */
  const evenly = async <T>(work: () => Promise<T>): Promise<T> => {
    const sinceMs = clock.nowMs()
    try {
      return await work()
    } catch (error) {
      if (error instanceof ControlError) count(error.code)
      throw error
    } finally {
      await parts.settle(sinceMs)
    }
  }

  return {
    figures: () => counts,
    ask: async (actor, { bhxhCode, source }) => {
      requireOn()
      const digits = findBhxhCode(bhxhCode)
      if (digits === undefined) throw badCode()
      return evenly(() => askOnce(actor, digits, source))
    },
    verify: async (actor, { requestId, code, source }) => {
      requireOn()
      return evenly(async () => {
        const right = await verifyOnce(actor, requestId, code, source)
        count('granted')
        return right
      })
    },
  }
}

function idHash(requestId: string): string {
  return createHash('sha256').update(requestId).digest('hex')
}
