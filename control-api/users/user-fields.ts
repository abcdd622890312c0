import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { USER_RIGHTS, type UserRight } from '../../rules/users/user-right.ts'
import { normaliseWords } from '../imports/normalise-words.ts'

const NAME = /^[\p{L}\p{M}][\p{L}\p{M}' .-]{1,99}$/u
const DAY_MS = 86_400_000

/** How forms call the rights, as `normaliseWords` leaves them. */
const RIGHT_NAMES: Readonly<Record<UserRight, readonly string[]>> = {
  lookup: ['lookup', 'tra cứu', 'tra cứu thẻ', 'tra cứu thẻ BHYT', 'kiểm tra thẻ'],
  history: ['history', 'lịch sử', 'lịch sử KCB', 'tra cứu lịch sử', 'tra cứu lịch sử KCB', 'thông tuyến'],
  record: ['record', 'hồ sơ chi tiết', 'xem hồ sơ', 'xem hồ sơ KCB', 'chi tiết hồ sơ KCB'],
  submit: ['submit', 'gửi hồ sơ', 'gửi dữ liệu', 'gửi XML', 'đẩy hồ sơ'],
  catalogue: ['catalogue', 'danh mục', 'tra cứu danh mục', 'gửi danh mục'],
}
const RIGHTS_BY_NAME = new Map(USER_RIGHTS.flatMap((right) => RIGHT_NAMES[right].map((name) => [normaliseWords(name), right])))

/** A person's name as it is kept; `undefined` where it is none or holds a number. */
export function findName(text: string): string | undefined {
  const name = text.normalize('NFC').trim().replaceAll(/\s+/g, ' ')
  return NAME.test(name) && hideIdentifiers(name) === name ? name : undefined
}

/** A citizen ID: twelve digits, spaces and dots between them left out. */
export function findCitizenId(text: string): string | undefined {
  const digits = text.normalize('NFKC').replaceAll(/[\s.-]/g, '')
  return /^[0-9]{12}$/.test(digits) ? digits : undefined
}

/** The end by which a facility knows its own: `•••••••••345`. */
export function shownEnd(citizenId: string): string {
  return `${'•'.repeat(citizenId.length - 3)}${citizenId.slice(-3)}`
}

/** The rights that a list of words names, each once; `undefined` where a word is none. */
export function findRights(text: string): readonly UserRight[] | undefined {
  const words = text
    .split(/[,;\n/+]/)
    .map(normaliseWords)
    .filter((word) => word !== '')
  const found = words.map((word) => RIGHTS_BY_NAME.get(word))
  return found.includes(undefined) ? undefined : USER_RIGHTS.filter((right) => found.includes(right))
}

/** Midnight in Asia/Ho_Chi_Minh (UTC+7) of `01/08/2024` or `2024-08-01`; `undefined` for what is no day. */
export function findDayMs(text: string): number | undefined {
  const [, day, month, year] = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text) ?? []
  const iso = year === undefined ? text : `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso)) return undefined
  const ms = Date.parse(`${iso}T00:00:00Z`)
  // JavaScript takes 30 February for 1 March.
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(iso) ? undefined : ms - 7 * 3_600_000
}

/** The day that it is in Asia/Ho_Chi_Minh (UTC+7, no summer time): `2024-08-01`. */
export function portalDay(atMs: number): string {
  return new Date(atMs + 7 * 3_600_000).toISOString().slice(0, 10)
}

/** Whole days from one day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS)
}
