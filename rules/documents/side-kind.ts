import { MAX_POLICY_BYTES } from '../gate/policy-document.ts'
import { MAX_GRANTS_BYTES } from '../grants/grants-document.ts'
import { MAX_USERS_BYTES } from '../users/users-document.ts'
import { MAX_BLOCKS_BYTES } from '../verdicts/blocks-document.ts'

/** Signed documents beside the allow-list, each a TUF target `<kind>/<version>.json` whose versions only grow. */
export const SIDE_KINDS = ['blocks', 'policy', 'users', 'grants'] as const
export type SideKind = (typeof SIDE_KINDS)[number]

/** Larger ones are refused unread, whatever the signed metadata says of their length. */
export const MAX_SIDE_BYTES: Readonly<Record<SideKind, number>> = {
  blocks: MAX_BLOCKS_BYTES,
  policy: MAX_POLICY_BYTES,
  users: MAX_USERS_BYTES,
  grants: MAX_GRANTS_BYTES,
}

const TARGET = /^([a-z]{1,16})\/([1-9]\d{0,14})\.json$/

/** The target that holds version `version`. */
export function sideTarget(kind: SideKind, version: number): string {
  return `${kind}/${version}.json`
}

/** Kind and version of a side document's target, `undefined` for another target. */
export function findSide(target: string): { readonly kind: SideKind; readonly version: number } | undefined {
  const [, name, version] = TARGET.exec(target) ?? []
  const kind = SIDE_KINDS.find((known) => known === name)
  return kind === undefined ? undefined : { kind, version: Number(version) }
}
