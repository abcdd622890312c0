import type { SideKind } from '../../rules/documents/side-kind.ts'

/** The files of the folder: exact signed bytes, the facilities by their blocks, and the keys of the tokens. */
export type HandOverName = `${SideKind}.json` | 'facilities.json' | 'gate.key'

/**
 * The folder in which the agent leaves for `watch` what it verified. `watch` reads and judges it, and never writes there: what parses hostile input
 * cannot change what the gate goes by. A host without a gate has no such folder.
 */
export interface HandOver {
  /** Whether the folder is there. */
  isThere(): Promise<boolean>
  /** The file's bytes, `undefined` where there is none. @throws HandOverError */
  find(name: HandOverName): Promise<Buffer | undefined>
  /** Replaces a file so that whoever reads sees all of the old one or all of the new. @throws HandOverError; also what `parts` throws */
  put(name: HandOverName, parts: Iterable<Uint8Array | string>): Promise<void>
}
