/** An account of the portal and the facility it belongs to. Internal: `maskAccount` before output. */
export interface PortalAccount {
  /** `01234_BV`, `01234_TC`, `01234`, `01234_<citizen ID>` or a bare citizen ID. */
  readonly name: string
  /** Five digits as a string; `undefined` where the name does not say (web log-in). */
  readonly facility: string | undefined
}

const SHAPE = /^(?:([0-9]{5})(?:_(BV|TC|[0-9]{12}))?|([0-9]{12}))$/i

/**
 * The account that `text` names, suffix in upper case; `undefined` if it has none of the shapes the portal gives out.
 * Spaces around it do not make another account: the portal's database ignores them.
 */
export function findAccount(text: string): PortalAccount | undefined {
  // The longest shape has 18 characters: no regular expression over a megabyte of blanks.
  const shape = text.length > 64 ? null : SHAPE.exec(text.trim())
  if (shape === null) return undefined
  const [, facility, suffix, citizen] = shape
  if (facility === undefined) return citizen === undefined ? undefined : { name: citizen, facility: undefined }
  return { name: suffix === undefined ? facility : `${facility}_${suffix.toUpperCase()}`, facility }
}
