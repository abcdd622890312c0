import { provinceName } from '../../rules/provinces/province-names.ts'
import { findAccount } from '../../rules/requests/find-account.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'

/** An officer as a list names one, every field as it was written. */
export interface OfficerText {
  readonly province: string
  readonly name: string
  readonly bhxhCode: string
  readonly phone: string
  readonly account: string
}

/** The same, checked. */
export interface Officer extends OfficerText {
  /** International form without plus sign: `84…`. */
  readonly phone: string
}

export interface OfficerFault {
  readonly field: keyof OfficerText
  readonly vi: string
  readonly en: string
}

const NAME = /^[\p{L}\p{M}][\p{L}\p{M}' .-]{1,99}$/u
/** Mobile numbers of Viet Nam since 2018: ten digits, the second 3, 5, 7, 8 or 9. */
const MOBILE = /^(?:\+?84|0)([35789][0-9]{8})$/

/** The BHXH number that `text` is; `undefined` where it is none. */
export function findBhxhCode(text: string): string | undefined {
  const digits = text.normalize('NFKC').replaceAll(/[\s.-]/g, '')
  return /^[0-9]{10}$/.test(digits) ? digits : undefined
}

/** A mobile number in its international form without plus sign; `undefined` where it is none. */
export function findMobile(text: string): string | undefined {
  const digits = MOBILE.exec(text.normalize('NFKC').replaceAll(/[\s.()-]/g, ''))?.[1]
  return digits === undefined ? undefined : `84${digits}`
}

/** Reads every field, or gives all faults. No fault quotes a number. */
export function readOfficer(text: OfficerText, nowMs: number): Officer | readonly OfficerFault[] {
  const faults: OfficerFault[] = []
  const name = text.name.normalize('NFC').trim()
  const bhxhCode = findBhxhCode(text.bhxhCode)
  const phone = findMobile(text.phone)
  const account = findAccount(text.account)?.name
  if (provinceName(text.province, nowMs) === undefined)
    faults.push({ field: 'province', vi: 'Không có tỉnh nào mang mã này hôm nay.', en: 'No province has this code today.' })
  if (!NAME.test(name) || hideIdentifiers(name) !== name)
    faults.push({ field: 'name', vi: 'Họ tên phải có 2–100 chữ cái.', en: 'The name must be 2 to 100 letters.' })
  if (bhxhCode === undefined) faults.push({ field: 'bhxhCode', ...digitsFault(text.bhxhCode, 'BHXH') })
  if (phone === undefined) faults.push({ field: 'phone', ...phoneFault(text.phone) })
  if (account === undefined)
    faults.push({
      field: 'account',
      vi: 'Tài khoản Cổng giám định phải có dạng 01234_ và 12 số CCCD, hoặc 01234_BV.',
      en: 'The portal account must look like 01234_ and a citizen ID, or 01234_BV.',
    })
  if (bhxhCode === undefined || phone === undefined || account === undefined || faults.length > 0) return faults
  return { province: text.province, name, bhxhCode, phone, account }
}

/** The end of a number, to recognise it by: `•••••••345`. */
export function shownEnd(digits: string): string {
  return `${'•'.repeat(Math.max(0, digits.length - 3))}${digits.slice(-3)}`
}

function digitsFault(text: string, what: string): { vi: string; en: string } {
  return /^[0-9]{1,9}$/.test(text.trim())
    ? {
        vi: `Mã số ${what} thiếu số: bảng tính đã bỏ số 0 ở đầu; hãy định dạng cột là văn bản.`,
        en: `The ${what} number has fewer than ten digits: the spreadsheet took it for a number. Format the column as text.`,
      }
    : { vi: `Mã số ${what} phải có 10 chữ số.`, en: `The ${what} number must have ten digits.` }
}

function phoneFault(text: string): { vi: string; en: string } {
  return /^[35789][0-9]{8}$/.test(text.trim())
    ? {
        vi: 'Số điện thoại thiếu số 0 ở đầu: hãy định dạng cột là văn bản.',
        en: 'The phone number lacks its leading zero: the spreadsheet took it for a number. Format the column as text.',
      }
    : {
        vi: 'Phải là số di động Việt Nam, 10 chữ số.',
        en: 'It must be a mobile number of Viet Nam with ten digits.',
      }
}
