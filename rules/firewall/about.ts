import type { Mode } from './program.ts'

/** Counted up whenever the sets or chains of the table change shape: a table of another layout is replaced, never patched. */
export const LAYOUT_VERSION = 2

/** What the table says about itself. */
export interface About {
  readonly revision: number
  readonly mode: Mode
  readonly digest: string
}

/** One line for the table itself, so that a restart without memory knows what is in force. 106 bytes at most; nft takes 127. */
export function aboutText({ revision, mode, digest }: About): string {
  return `edgeward/${LAYOUT_VERSION} ${revision} ${mode} ${digest}`
}

/**
 * The chain whose mere name says what list and mode are in force. A change deletes the one it starts from and adds its own: where the kernel holds something else,
 * there is nothing to delete, and the whole transaction is refused.
 */
export function stateChain({ mode, digest }: Pick<About, 'mode' | 'digest'>): string {
  return `at-${mode}-${digest.slice(0, 32)}`
}

/** Reads what `aboutText` wrote; `undefined` for anything else, another layout version included. */
export function findAbout(text: string): About | undefined {
  const match = /^edgeward\/(\d+) (0|[1-9]\d{0,15}) (observe|enforce) ([0-9a-f]{64})$/.exec(text)
  if (match === null || Number(match[1]) !== LAYOUT_VERSION) return undefined
  return { revision: Number(match[2]), mode: match[3] as Mode, digest: match[4] ?? '' }
}
