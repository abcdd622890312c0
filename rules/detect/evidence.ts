import type { FunctionClass } from '../requests/attributed-request.ts'
import type { Evidence } from './detector.ts'
import { portalTimeWords } from './portal-day.ts'
import { RULES, type RuleName } from './rule-names.ts'
import type { WindowName } from './windows.ts'

/** As many characters as a flag takes (`rules/reports/flag.ts`). */
const MAX_LENGTH = 600

const WINDOW_WORDS: Readonly<Record<WindowName, Evidence>> = {
  '30s': { vi: '30 giây', en: '30 seconds' },
  '1m': { vi: '1 phút', en: '1 minute' },
  '10m': { vi: '10 phút', en: '10 minutes' },
  '1h': { vi: '1 giờ', en: '1 hour' },
  '24h': { vi: '24 giờ', en: '24 hours' },
}

const CLASS_WORDS: Readonly<Record<FunctionClass, Evidence>> = {
  lookup: { vi: 'kiểm tra thẻ BHYT', en: 'card check' },
  history: { vi: 'tra cứu lịch sử khám chữa bệnh', en: 'treatment history' },
  record: { vi: 'xem hồ sơ khám chữa bệnh chi tiết', en: 'full clinical record' },
  token: { vi: 'đăng nhập', en: 'log-in' },
  submit: { vi: 'gửi hồ sơ', en: 'submission' },
  catalogue: { vi: 'danh mục', en: 'catalogue' },
  other: { vi: 'chức năng khác', en: 'another function' },
}

/** What the words about an account over a limit are made of. */
export interface ExcessFacts {
  readonly atMs: number
  readonly window: WindowName
  readonly requests: number
  /** 0 where the log does not tell. */
  readonly subjects: number
  readonly limit: number
  readonly class: FunctionClass
  /** `undefined` where the facility's size is not registered. */
  readonly dailyVisits: number | undefined
}

/** Words for a letter about an account that is over a limit. Numbers, names of our own and times only: nothing from the log. */
export function excessEvidence(facts: ExcessFacts): Evidence {
  const { vi, en } = WINDOW_WORDS[facts.window]
  const kind = CLASS_WORDS[facts.class]
  const at = portalTimeWords(facts.atMs)
  const visits = facts.dailyVisits
  return {
    vi: `Tài khoản đã tra cứu ${grouped(facts.requests, '.')} lượt trong ${vi} gần nhất, tính đến ${at.vi} (giờ Việt Nam)${
      facts.subjects > 0 ? `, của ${grouped(facts.subjects, '.')} người khác nhau` : ''
    }; lượt cuối là ${kind.vi}. Mức tối đa ${
      visits === undefined
        ? 'đối với cơ sở chưa đăng ký số lượt khám'
        : `đối với cơ sở đăng ký ${grouped(visits, '.')} lượt khám mỗi ngày`
    } là ${grouped(facts.limit, '.')} lượt trong ${vi}.`,
    en: `The account made ${grouped(facts.requests, ',')} look-ups in the last ${en} up to ${at.en} (Vietnam time)${
      facts.subjects > 0 ? `, of ${grouped(facts.subjects, ',')} different persons` : ''
    }; the last one was a ${kind.en}. The most for ${
      visits === undefined
        ? 'a facility without registered daily visits'
        : `a facility with ${grouped(visits, ',')} registered visits a day`
    } is ${grouped(facts.limit, ',')} look-ups in ${en}.`,
  }
}

/** Words for the end of an action. */
export function releaseEvidence(untilMs: number, holdMs: number): Evidence {
  const at = portalTimeWords(untilMs)
  const minutes = Math.round(holdMs / 60_000)
  return {
    vi: `Tài khoản đã trở lại bình thường trong ${minutes} phút, tính đến ${at.vi} (giờ Việt Nam); biện pháp kết thúc.`,
    en: `The account has been calm for ${minutes} minutes up to ${at.en} (Vietnam time); the action ends.`,
  }
}

/** Words for an account that a person released. */
export function pardonEvidence(atMs: number): Evidence {
  const at = portalTimeWords(atMs)
  return {
    vi: `Cán bộ quản trị đã gỡ biện pháp lúc ${at.vi} (giờ Việt Nam); những gì được đếm trước đó không còn được tính.`,
    en: `An administrator released the account at ${at.en} (Vietnam time); what was counted before no longer counts.`,
  }
}

/** Words for an action that gives way to a lighter one. */
export function easedEvidence(endMs: number, holdMs: number): Evidence {
  const at = portalTimeWords(endMs)
  const minutes = Math.round(holdMs / 60_000)
  return {
    vi: `Tài khoản đã giảm dần về mức bình thường trong ${minutes} phút, tính đến ${at.vi} (giờ Việt Nam); biện pháp được giảm nhẹ.`,
    en: `The account has been calmer for ${minutes} minutes up to ${at.en} (Vietnam time); the action is eased.`,
  }
}

/** A sentence for a letter: when it was counted, over what time, and what was found. */
export function periodEvidence(atMs: number, window: WindowName, found: Evidence): Evidence {
  const at = portalTimeWords(atMs)
  const { vi, en } = WINDOW_WORDS[window]
  return {
    vi: `Tính đến ${at.vi} (giờ Việt Nam), trong ${vi} gần nhất, tài khoản ${found.vi}`,
    en: `Up to ${at.en} (Vietnam time), in the last ${en}, the account ${found.en}`,
  }
}

/** The same with what other rules found, by their names. */
export function withOthers(evidence: Evidence, others: readonly RuleName[]): Evidence {
  if (others.length === 0) return evidence
  const join = (first: string, lead: string, names: readonly string[]): string => {
    const long = `${first} ${lead}${names.join('; ')}.`
    return long.length <= MAX_LENGTH ? long : first
  }
  return {
    vi: join(
      evidence.vi,
      'Đồng thời: ',
      others.map((name) => RULES[name].vi),
    ),
    en: join(
      evidence.en,
      'Also: ',
      others.map((name) => RULES[name].en),
    ),
  }
}

/** A whole number as each language groups its digits. */
export function figure(value: number): Evidence {
  const whole = Math.round(value)
  return { vi: grouped(whole, '.'), en: grouped(whole, ',') }
}

/** `25 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function grouped(value: number, separator: string): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, separator)
}
