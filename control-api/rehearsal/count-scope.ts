import { portalDay } from '../../rules/detect/portal-day.ts'
import { dayText, findDay } from '../../rules/rehearsal/portal-period.ts'
import { provinceOf } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor } from '../store/store.ts'
import type { CountFilter } from './read-counts.ts'

/** Days that are shown where nobody asks for others. */
const DAYS_SHOWN = 30

/** What somebody asks for. */
export interface CountQuestion {
  /** `2026-11-22`, in Asia/Ho_Chi_Minh; both days are meant. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly province?: string | undefined
  readonly facility?: string | undefined
}

/**
 * The counts that are asked for, as far as they are the asker's: a province, and whoever is for one alone, sees the facilities that it manages, a facility
 * itself, others all.
 * @throws ControlError FORBIDDEN, BAD_FIELDS
 */
export function filterFor(actor: Actor, asked: CountQuestion, nowMs: number): CountFilter {
  const { role, scope } = actor
  const today = portalDay(nowMs)
  const toDay = asked.to === undefined ? today : dayOf(asked.to, 'to')
  const fromDay = asked.from === undefined ? Math.max(0, toDay - DAYS_SHOWN + 1) : dayOf(asked.from, 'from')
  if (fromDay > toDay) {
    const message = `must not be after ${dayText(toDay)}`
    throw new ControlError('BAD_FIELDS', `The period ends before it begins: from ${message}.`, {
      vi: 'Ngày bắt đầu phải trước ngày kết thúc.',
      errors: [{ path: '/querystring/from', message }],
    })
  }
  const period = { fromDay, toDay }
  const { province, facility } = asked
  if (role === 'facility') {
    requireOwn(facility, scope, 'facility')
    if (province !== undefined) throw noProvince()
    return { period, facility: scope ?? '' }
  }
  const own = ownProvince(actor)
  if (own !== undefined) {
    requireOwn(province, own, 'province')
    return { period, managing: own, ...(facility === undefined ? {} : { facility }) }
  }
  return {
    period,
    ...(province === undefined ? {} : { managing: province }),
    ...(facility === undefined ? {} : { facility }),
  }
}

/** The province whose figures alone somebody sees. */
export function ownProvince(actor: Actor): string | undefined {
  return actor.role === 'province' ? (actor.scope ?? '') : provinceOf(actor)
}

function requireOwn(asked: string | undefined, own: string | undefined, what: string): void {
  if (own !== undefined && (asked === undefined || asked === own)) return
  throw new ControlError('FORBIDDEN', `This token is of the ${what} ${own ?? ''}, and sees no other.`, {
    vi: `Mã truy cập này chỉ xem được số liệu của ${what === 'facility' ? 'cơ sở' : 'tỉnh'} ${own ?? ''}.`,
  })
}

/** A facility sees itself, whichever province manages it: left out of account, the name of another one would seem to have been heard. */
function noProvince(): ControlError {
  return new ControlError('BAD_FIELDS', 'A facility sees its own counts alone: ask without a province.', {
    vi: 'Cơ sở chỉ xem số liệu của chính mình: bỏ phần tỉnh.',
    errors: [{ path: '/querystring/province', message: 'must be left out: a facility sees its own counts alone' }],
  })
}

function dayOf(text: string, field: string): number {
  const day = findDay(text)
  if (day !== undefined) return day
  const message = 'must be a day such as 2026-11-22'
  throw new ControlError('BAD_FIELDS', `${field} ${message}, is ${JSON.stringify(text.slice(0, 20))}.`, {
    vi: `${field === 'from' ? 'Từ ngày' : 'Đến ngày'}: ngày không hợp lệ, ví dụ 2026-11-22.`,
    errors: [{ path: `/querystring/${field}`, message }],
  })
}
