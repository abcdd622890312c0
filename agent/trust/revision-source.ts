import type { SideKind } from '../../rules/documents/side-kind.ts'

/** The list that the agent holds already, so that it is not fetched again. */
export interface HeldList {
  readonly revision: number
  /** SHA-256 (hex) of the exact signed bytes. */
  readonly sha256: string
}

/** `none`: nothing was published yet. `held`: the newest list is the one held. `fetched`: bytes that the signed metadata names, not parsed yet. */
export type Pulled =
  | { readonly kind: 'none' }
  | { readonly kind: 'held'; readonly revision: number }
  | { readonly kind: 'fetched'; readonly revision: number; readonly bytes: Uint8Array }

/** A document beside the list: `held` where the newest is the one held already. */
export type PulledSide =
  | { readonly kind: 'none' }
  | { readonly kind: 'held' }
  | { readonly kind: 'fetched'; readonly version: number; readonly bytes: Uint8Array }

/** Where signed revisions come from. Whatever it gives has passed TUF (specification §5): right keys, not older, not expired, right hash. */
export interface RevisionSource {
  /** The newest revision. @throws ControlLinkError, TrustError */
  pull(held: HeldList | undefined, signal: AbortSignal): Promise<Pulled>
  /** Verifies the newest metadata, as every `pull` does first. @throws ControlLinkError, TrustError */
  refresh?(signal: AbortSignal): Promise<void>
  /** The newest document of a kind by the metadata verified last. @throws ControlLinkError, TrustError */
  pullSide?(kind: SideKind, heldVersion: number, signal: AbortSignal): Promise<PulledSide>
}
