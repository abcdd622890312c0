/** Where a norm comes from: the account's own past, the accounts of its size, or what is known of the country. */
export type NormBasis = 'own' | 'peers' | 'default'

/** What is usual for an account at a time. One object is filled again and again. */
export interface Norm {
  /** Persons expected in the span. */
  expected: number
  /** More persons than this are unusual: `expected` × factor, or all that its facility may check again in one go if that is more, and some slack. */
  allowed: number
  /** 0 (nothing was learned) to 1 (learned for two months): how much weight the norm deserves. */
  sure: number
  basis: NormBasis
}

export function createNorm(): Norm {
  return { expected: 0, allowed: 0, sure: 0, basis: 'default' }
}
