import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlError } from '../http/control-error.ts'
import type { SmsDesk } from '../sms/sms-desk.ts'
import type { Actor, Store, StoreTransaction } from '../store/store.ts'
import { giveGrant } from './grant-rows.ts'
import { judgePace, type PaceLimits } from './judge-pace.ts'
import { findBhxhCode, shownEnd } from './officer-fields.ts'
import { findCode, makeCode } from './one-time-code.ts'
import type { OtpKeys } from './otp-keys.ts'
import { lockedUntil, noteRight, noteWrong, paceHistory, tidyRequests } from './otp-rows.ts'
import type { OfficerRow, OtpRequestRow } from './otp-tables.ts'
import { codeText } from './sms-words.ts'

export interface OtpLimits extends PaceLimits {
  readonly codeMinutes: number
  readonly attempts: number
  readonly wrongBeforeLock: number
  readonly lockMinutes: number
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

  const requireUnlocked = async (tx: StoreTransaction, bhxhHash: string, nowMs: number): Promise<void> => {
    const untilMs = await lockedUntil(tx.db, bhxhHash, nowMs)
    if (untilMs !== undefined) throw locked(untilMs, nowMs)
  }

  const askOnce = async (actor: Actor, bhxhCode: string, source: string): Promise<AskedCode> => {
    const nowMs = clock.nowMs()
    const bhxhHash = keys.fingerprint('bhxh', bhxhCode)
    const sourceHash = keys.fingerprint('source', source)
    const requestId = Buffer.from(parts.randomBytes(18)).toString('base64url')
    const code = makeCode(parts.randomBytes)
    const expiresAtMs = nowMs + limits.codeMinutes * 60_000
    await store.transact(actor, async (tx) => {
      await requireUnlocked(tx, bhxhHash, nowMs)
      const officer = await tx.db
        .selectFrom('otp_officer')
        .selectAll()
        .where('bhxh_hash', '=', bhxhHash)
        .where('state', '=', 'approved')
        .executeTakeFirst()
      const phoneHash = officer?.phone_hash ?? null
      const pace = judgePace(await paceHistory(tx.db, { bhxhHash, phoneHash, sourceHash, nowMs }), limits, nowMs)
      if (pace.kind === 'wait') throw tooSoon(pace.why, pace.untilMs, nowMs)
      await tx.db
        .updateTable('otp_request')
        .set({ state: 'replaced' })
        .where('bhxh_hash', '=', bhxhHash)
        .where('state', '=', 'open')
        .execute()
      const isSent = officer !== undefined && pace.kind === 'go'
      const row: OtpRequestRow = {
        id_hash: idHash(requestId),
        officer_id: officer?.id ?? null,
        bhxh_hash: bhxhHash,
        phone_hash: isSent ? phoneHash : null,
        source_hash: sourceHash,
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
      await requireUnlocked(tx, row.bhxh_hash, nowMs)
      const expected = Buffer.from(row.code_hash, 'hex')
      const isRight = timingSafeEqual(expected, keys.codeHash(requestId, given ?? '')) && row.officer_id !== null
      const officer = await tx.db
        .selectFrom('otp_officer')
        .select(['id', 'state'])
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
        const untilMs = await noteWrong(tx.db, row.bhxh_hash, limits, nowMs)
        await tx.audit({ action: 'otp.wrong', target, details: { attempts, source, lockedUntilMs: untilMs ?? null } })
        if (untilMs !== undefined) log.warn({ target, untilMs }, 'locked after wrong codes')
        return untilMs === undefined ? wrong(limits.attempts - attempts) : locked(untilMs, nowMs)
      }
      await tx.db.updateTable('otp_request').set({ state: 'used' }).where('id_hash', '=', row.id_hash).execute()
      await noteRight(tx.db, row.bhxh_hash)
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

function badCode(): ControlError {
  return new ControlError('BAD_FIELDS', 'The BHXH number has ten digits.', {
    vi: 'Mã số BHXH có 10 chữ số.',
    errors: [{ path: '/body/bhxhCode', message: 'must be ten digits' }],
  })
}

function wrong(attemptsLeft: number): ControlError {
  const [en, vi] =
    attemptsLeft > 0
      ? [`${attemptsLeft} ${attemptsLeft === 1 ? 'attempt is' : 'attempts are'} left.`, `Còn ${attemptsLeft} lần thử.`]
      : ['Ask for a new one.', 'Hãy lấy mã mới.']
  return new ControlError('OTP_WRONG', `The code is wrong. ${en}`, { vi: `Mã OTP không đúng. ${vi}`, facts: { attemptsLeft } })
}

function over(): ControlError {
  return new ControlError('OTP_OVER', 'The code is used up or too old. Ask for a new one.', {
    vi: 'Mã OTP đã dùng hoặc đã hết hạn. Hãy lấy mã mới.',
  })
}

function locked(untilMs: number, nowMs: number): ControlError {
  const until = new Date(untilMs).toISOString()
  return new ControlError('OTP_LOCKED', `Too many wrong codes. It is locked until ${until}.`, {
    vi: `Nhập sai quá nhiều lần. Tạm khóa trong ${Math.ceil((untilMs - nowMs) / 60_000)} phút nữa.`,
    facts: { lockedUntil: until, retryAfterS: Math.ceil((untilMs - nowMs) / 1000) },
  })
}

function tooSoon(why: string, untilMs: number, nowMs: number): ControlError {
  const retryAfterS = Math.ceil((untilMs - nowMs) / 1000)
  return new ControlError('OTP_TOO_SOON', `Wait ${retryAfterS} s before another code.`, {
    vi: `Hãy chờ ${retryAfterS > 120 ? `${Math.ceil(retryAfterS / 60)} phút` : `${retryAfterS} giây`} rồi lấy mã mới.`,
    facts: { limit: why, retryAfterS },
  })
}
