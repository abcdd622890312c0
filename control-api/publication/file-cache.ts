type FindFile = (path: string) => Promise<Buffer | undefined>

/** Remembers the last `maxEntries` files whose content never changes. Files that are not there are asked for anew. */
export function createFileCache(find: FindFile, maxEntries: number): FindFile {
  const kept = new Map<string, Promise<Buffer | undefined>>()
  return (path) => {
    const known = kept.get(path)
    if (known !== undefined) return known
    const found = find(path)
    const forget = (): void => {
      if (kept.get(path) === found) kept.delete(path)
    }
    kept.set(path, found)
    if (kept.size > maxEntries) kept.delete(kept.keys().next().value ?? path)
    found.then((bytes) => (bytes === undefined ? forget() : undefined), forget)
    return found
  }
}
