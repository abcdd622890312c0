import { provinceCodesAt, successorOf } from '../../rules/provinces/province-names.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor } from '../store/store.ts'

/** The code of the only province that an operator or approver is for, as it is numbered today; `undefined` for who is for all, and for other roles. */
export function provinceOf({ role, scope }: Actor): string | undefined {
  return scope !== undefined && (role === 'operator' || role === 'approver') ? numberedToday(scope) : undefined
}

/** Whether a province, or the one that a facility is numbered under, is the actor's to work on. Codes before the merger of 2025-07-01 count for their successor. */
export function isWithin(actor: Actor, facilityOrProvince: string): boolean {
  const own = provinceOf(actor)
  return own === undefined || numberedToday(facilityOrProvince.slice(0, 2)) === own
}

/** All codes under which rows of the actor's province stand; `undefined` for who is for all. */
export function codesWithin(actor: Actor): readonly string[] | undefined {
  const own = provinceOf(actor)
  if (own === undefined) return undefined
  return [...new Set([own, ...provinceCodesAt(0).filter((code) => numberedToday(code) === own)])]
}

/**
 * @param path JSON pointer of the field that names the other province or facility, or the thing that is of it
 * @throws ControlError OTHER_PROVINCE
 */
export function requireWithin(actor: Actor, facilityOrProvince: string, path: string): void {
  if (isWithin(actor, facilityOrProvince)) return
  const own = provinceOf(actor) ?? ''
  throw new ControlError(
    'OTHER_PROVINCE',
    `This access token is for the province ${own} alone, and ${path} is of another one. Ask that province, or central IT, to do it.`,
    {
      vi: `Mã truy cập này chỉ dùng cho tỉnh ${own}; nội dung này thuộc tỉnh khác. Hãy liên hệ tỉnh quản lý hoặc Trung tâm CNTT.`,
      errors: [{ path, message: `must be of the province ${own}` }],
      facts: { province: own },
    },
  )
}

function numberedToday(code: string): string {
  return successorOf(code) ?? code
}
