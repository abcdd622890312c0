import type { SideKind } from '../../rules/documents/side-kind.ts'
import { parsePolicy } from '../../rules/gate/policy-document.ts'
import { parseGrants } from '../../rules/grants/grants-document.ts'
import { parseUsers } from '../../rules/users/users-document.ts'
import { parseBlocks } from '../../rules/verdicts/blocks-document.ts'

/** What the agent must know of a document to judge it. */
interface SideFacts {
  readonly version: number
  /** Ids of the gate keys that a users document needs. */
  readonly keys?: readonly string[]
}

const PARSERS: Readonly<Record<SideKind, (bytes: Uint8Array) => SideFacts>> = {
  blocks: parseBlocks,
  policy: parsePolicy,
  users: parseUsers,
  grants: parseGrants,
}

/** Judges a document by the grammar that `watch` judges it by. @throws BlocksError, GateError, UsersError, GrantsError */
export function parseSide(kind: SideKind, bytes: Uint8Array): SideFacts {
  return PARSERS[kind](bytes)
}
