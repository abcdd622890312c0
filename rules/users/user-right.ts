import type { FunctionClass } from '../requests/attributed-request.ts'

/** What a named user may do at the portal, by the class of the function. Logging in takes no right of its own. 1923/BHXH-CNTT §1b, form 01/dk-ctn. */
export const USER_RIGHTS = ['lookup', 'history', 'record', 'submit', 'catalogue'] as const satisfies readonly FunctionClass[]
export type UserRight = (typeof USER_RIGHTS)[number]

/** The right that a function of this class takes; `undefined` where being on the list is enough. */
export function findRight(kind: FunctionClass): UserRight | undefined {
  return USER_RIGHTS.find((right) => right === kind)
}

/** Letters of the rights in their order, `-` for one that is not there: `lh---`. */
export function rightsText(rights: Iterable<UserRight>): string {
  const held = new Set(rights)
  return USER_RIGHTS.map((right) => (held.has(right) ? right.charAt(0) : '-')).join('')
}

/** The rights that `rightsText` wrote. */
export function rightsOf(text: string): readonly UserRight[] {
  return USER_RIGHTS.filter((right, at) => text.charAt(at) === right.charAt(0))
}
