/** TUF target that holds revision `revision`'s whole list. */
export function allowTarget(revision: number): string {
  return `allow/${revision}.full`
}

/** The revision of an allow target's name, `undefined` for another target. */
export function findRevisionOf(target: string): number | undefined {
  const match = /^allow\/([1-9]\d{0,14})\.full$/.exec(target)
  return match === null ? undefined : Number(match[1])
}

/** Where a target's bytes lie below `targets/`: the file name carries the hash (consistent snapshots, TUF specification §6.2). */
export function targetFilePath(target: string, sha256: string): string {
  const slash = target.lastIndexOf('/') + 1
  return `targets/${target.slice(0, slash)}${sha256}.${target.slice(slash)}`
}
