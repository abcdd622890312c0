import type { FunctionClass } from '../requests/attributed-request.ts'
import type { Evidence } from './detector.ts'
import type { WindowName } from './windows.ts'

const PORTAL_OFFSET_MS = 7 * 3_600_000

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

/** `08:00:27 ngày 15/01/2024`; the zone has had no daylight saving since 1979. */
function portalTimeWords(atMs: number): Evidence {
  const iso = new Date(atMs + PORTAL_OFFSET_MS).toISOString()
  const time = iso.slice(11, 19)
  const date = `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(0, 4)}`
  return { vi: `${time} ngày ${date}`, en: `${time} on ${date}` }
}

function grouped(value: number, separator: string): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, separator)
}
