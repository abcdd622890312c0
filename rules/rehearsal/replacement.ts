/** What takes the place of a function that 1923/BHXH-CNTT §1c stopped; `undefined` for one that another dispatch may stop. */
export function replacementOf(called: string): string | undefined {
  return REPLACEMENTS.get(called)
}

const REPLACEMENTS: ReadonlyMap<string, string> = new Map(
  ['KQNhanLichSuKCB595', 'KQNhanLichSuKCB2018', 'KQNhanLichSuKCB2019'].map((called) => [called, 'KQNhanLichSuKCB2024']),
)
