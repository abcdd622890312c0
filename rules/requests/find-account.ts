import type { AccountPlace } from './attributed-request.ts'

/** An account of the portal and the facility it belongs to. Internal: `maskAccount` before output. */
export interface PortalAccount {
  /** Only where the parser keeps the account, which then is its own `AccountPlace`. */
  slot?: AccountPlace['slot']
  /** `01234_BV`, `01234_TC`, `01234`, `01234_<citizen ID>` or a bare citizen ID. */
  readonly name: string
  /** Five digits as a string; `undefined` where the name does not say (web log-in). */
  readonly facility: string | undefined
}

const SHAPE = /^(?:([0-9]{5})(?:_(BV|TC|[0-9]{12}))?|([0-9]{12}))$/i

/** Characters that take no place: NUL and other controls, zero-width spaces, soft hyphens. */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu
/** The longest shape has 18 characters: nothing is searched through a megabyte of blanks. */
const MAX_LENGTH = 64

/**
 * The account that `text` names, suffix in upper case; `undefined` if it has none of the shapes the portal gives out.
 * Spaces around it, full-width characters and invisible ones do not make another account: the portal's database compares names without
 * regard to width and to characters of no weight (Microsoft SQL Server, collations without `WS`), so whoever writes them is let in.
 */
export function findAccount(text: string): PortalAccount | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const shape = SHAPE.exec(text.trim()) ?? SHAPE.exec(text.normalize('NFKC').replace(INVISIBLE, '').trim())
  if (shape === null) return undefined
  const [, facility, suffix, citizen] = shape
  if (facility === undefined) return citizen === undefined ? undefined : { name: citizen, facility: undefined }
  return { name: suffix === undefined ? facility : `${facility}_${suffix.toUpperCase()}`, facility }
}
