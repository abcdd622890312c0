import type { PulledSide, RevisionSource } from '../../agent/trust/revision-source.ts'
import { SIDE_KINDS, type SideKind } from '../../rules/documents/side-kind.ts'
import { formatPolicy, parsePolicySource } from '../../rules/gate/policy-document.ts'
import { formatGrants, grantsDocument } from '../../rules/grants/grants-document.ts'
import { formatUsers } from '../../rules/users/users-document.ts'
import { formatBlocks } from '../../rules/verdicts/blocks-document.ts'

const PUBLISHED_MS = Date.parse('2026-03-02T01:00:00.000Z')

/** An empty document of a kind, as central signs it. */
export function aSide(kind: SideKind, version: number, keys: readonly string[] = ['0123456789abcdef']): Uint8Array {
  const publishedAt = new Date(PUBLISHED_MS).toISOString()
  if (kind === 'users') return formatUsers({ version, publishedAt, keys, users: [] })
  if (kind === 'grants') return formatGrants(grantsDocument(version, PUBLISHED_MS, []))
  if (kind === 'policy') return formatPolicy({ format: 'edgeward-policy/1', version, publishedAt, policy: parsePolicySource('') })
  const expiresAt = new Date(PUBLISHED_MS + 3_600_000).toISOString()
  return formatBlocks({ format: 'edgeward-blocks/1', version, publishedAt, expiresAt, verdicts: [] })
}

/** A signed repository without signatures: what it gives counts as verified by TUF. */
export interface FakeSides {
  readonly source: RevisionSource
  /** Documents that the next pull finds. */
  readonly newest: Map<SideKind, { readonly version: number; readonly bytes: Uint8Array }>
  /** Kinds asked for, in their order. */
  readonly asked: SideKind[]
  failWith(error: Error | undefined, kind?: SideKind): void
}

export function createFakeSides(): FakeSides {
  const newest = new Map<SideKind, { readonly version: number; readonly bytes: Uint8Array }>()
  const asked: SideKind[] = []
  const failures = new Map<SideKind, Error>()
  return {
    newest,
    asked,
    failWith(error, kind) {
      for (const one of kind === undefined ? SIDE_KINDS : [kind]) {
        if (error === undefined) failures.delete(one)
        else failures.set(one, error)
      }
    },
    source: {
      pull: async () => ({ kind: 'none' }),
      async pullSide(kind, heldVersion): Promise<PulledSide> {
        asked.push(kind)
        const failure = failures.get(kind)
        if (failure !== undefined) throw failure
        const found = newest.get(kind)
        if (found === undefined) return { kind: 'none' }
        return found.version === heldVersion ? { kind: 'held' } : { kind: 'fetched', ...found }
      },
    },
  }
}
