/** What somebody else did to what this process left, as far as a look can tell. Who did it, no tool tells. */
export interface FoundDrift {
  readonly kind:
    | 'table-removed'
    | 'set-removed'
    | 'set-replaced'
    | 'chain-removed'
    | 'jump-removed'
    | 'jump-passed'
    | 'rules-removed'
    | 'rules-added'
    | 'rules-changed'
    | 'elements-removed'
    | 'elements-added'
    | 'other'
  /** In words, with the name of the set or chain. */
  readonly what: string
}

/** `unknown`: this process has put nothing in force yet that it could compare with. */
export type Look = 'right' | 'unknown' | FoundDrift
