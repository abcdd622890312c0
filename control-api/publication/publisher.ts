import type { SideKind } from '../../rules/documents/side-kind.ts'
import type { Mode } from '../../rules/firewall/program.ts'
import type { FleetVerdict } from '../../rules/verdicts/blocks-document.ts'
import type { Actor } from '../store/store.ts'
import type { SideVersions } from './repository.ts'

/** What the publisher is asked for. Absent members keep what the revision before said. */
export interface PublishOrder {
  /** The first revision is `observe` unless this says otherwise. */
  readonly mode?: Mode
  /** ISO 8601 with offset; `null` takes a set date away. */
  readonly enforceFrom?: string | null
  readonly note?: string
  /** Publish a new number even if nothing differs from the revision before. */
  readonly force?: boolean
}

/** A published revision in figures. */
export interface Publication {
  readonly revision: number
  readonly entries: number
  readonly added: number
  readonly removed: number
  /** SHA-256 (hex) of the approved blocks after aggregation. */
  readonly digest: string
  /** False where nothing differed and the revision before stays. */
  readonly isNew: boolean
}

/** What the repository's files say, and until when edges believe them. */
export interface PublisherStatus {
  /** Newest published revision, 0 before the first. */
  readonly revision: number
  readonly timestampExpiresAtMs: number
  readonly rootExpiresAtMs: number
  /** Newest documents beside the lists. */
  readonly sides: SideVersions
}

/** Makes the bytes of a document beside the lists. What it writes elsewhere (an audit entry) is written before the document is out. */
export type MakeSide = (version: number, publishedAtMs: number) => Uint8Array | Promise<Uint8Array>

/** Makes revisions from the approvals in effect. One publication at a time over all processes; a failed one leaves the revision before whole. */
export interface Publisher {
  /** Newest published revision that this process knows of, 0 before the first. */
  readonly revision: number
  /** @throws ControlError SHRINK_NEEDS_SECOND_APPROVAL, REVISION_REFUSED; PublicationError */
  publish(actor: Actor, order: PublishOrder): Promise<Publication>
  /** Publishes if the first or last day of an approval has come since the last revision; `undefined` where none has. Same throws. */
  publishIfDue(): Promise<Publication | undefined>
  /** Newest version of a kind of document beside the lists that this process knows of, 0 before the first. */
  sideVersion(kind: SideKind): number
  /**
   * Signs a document in the place of the one of its kind before, tells every edge, and gives its version.
   * @throws PublicationError; also what `make` throws, and then nothing is published
   */
  publishSide(kind: SideKind, make: MakeSide): Promise<number>
  /** The newest signed document of a kind, as edges get it; `undefined` before the first. @throws PublicationError */
  readSide(kind: SideKind): Promise<Uint8Array | undefined>
  /** Signs these verdicts over all edges in the place of those before; gives their version. @throws PublicationError, BlocksError */
  publishBlocks(verdicts: readonly FleetVerdict[]): Promise<number>
  /** Tells edges of documents that another process published. */
  hearOf(sides: SideVersions): void
  /** Signs metadata again before it expires. @throws PublicationError */
  refresh(): Promise<void>
  /** Learns what another process published, and repairs what a crash left. @throws PublicationError */
  reload(): Promise<void>
  /** Reads files and keys anew. @throws PublicationError where they are not usable */
  status(): Promise<PublisherStatus>
}
