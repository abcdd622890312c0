import type { SideKind } from '../../rules/documents/side-kind.ts'

/** A signed document beside the list: its exact bytes. */
export interface KeptSide {
  readonly kind: SideKind
  readonly version: number
  readonly bytes: Uint8Array
}

/** What the agent keeps of the documents beside the list over a restart, so that nothing older is taken again. */
export interface SideStore {
  /** The highest version of the kind ever remembered, 0 before the first. Kept apart from the bytes: the loss of one lets nothing older in. */
  floor(kind: SideKind): Promise<number>
  /** The document kept, whole; `undefined` where there is none or it is torn. Parsed by nobody yet. */
  find(kind: SideKind): Promise<KeptSide | undefined>
  /** Keeps a document in the place of the one before. After a throw that one is still there, or already the new one. @throws MemoryError STATE_UNWRITABLE */
  remember(side: KeptSide): Promise<void>
}
