/**
 * The files of the signed repository, below two folders: `metadata/` and `targets/`. Paths are relative, with forward slashes.
 * Whoever reads sees a whole file, old or new, never a part.
 */
export interface RepositoryFiles {
  /** The file's bytes, `undefined` where there is none. */
  find(path: string): Promise<Buffer | undefined>
  /** Writes beside, syncs and renames: after the return the file survives a power cut; before it the old one is whole. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Removes the file; not being there is fine. */
  remove(path: string): Promise<void>
  /** Every file's path, sorted; a half-written file of a crash among them. */
  list(): Promise<readonly string[]>
}

/** Ends the name of a file that is being written. */
export const UNFINISHED = '.unfinished'
