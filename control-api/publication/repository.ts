import { TargetFile } from '@tufjs/models'
import { findSide, SIDE_KINDS, type SideKind, sideTarget } from '../../rules/documents/side-kind.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { ONLINE_ROLES, type OnlineKeys, ROOT_KEYS } from './key-files.ts'
import { PublicationError } from './publication-error.ts'
import { type RepositoryFiles, UNFINISHED } from './repository-files.ts'
import {
  type CurrentMetadata,
  createRoot,
  createSnapshot,
  createTargets,
  createTimestamp,
  findRootVersion,
  metaFile,
  readCurrent,
  sha256Hex,
  signedBytes,
  type Validity,
} from './signed-metadata.ts'
import type { SigningKey } from './signing-key.ts'
import { allowTarget, findRevisionOf, targetFilePath } from './target-name.ts'

/** What signing and writing the repository takes. One process at a time writes: `withPublicationLock`. */
export interface RepositoryParts {
  readonly files: RepositoryFiles
  readonly keys: OnlineKeys
  readonly clock: Clock
  readonly validity: Validity
  /** Lists kept as targets, and versions of metadata kept for clients in the middle of a refresh; ≥ 1. */
  readonly keep: number
}

/** Of each kind of document beside the lists; one may follow another within two seconds. */
const SIDES_KEPT = 3

/** One list as the repository holds it. */
export interface PublishedTarget {
  readonly revision: number
  /** SHA-256 (hex) of the blocks: `custom.digest` of the target. */
  readonly digest: string
  readonly entries: number
  readonly sha256: string
}

/**
 * Makes the repository: root v1 signed by the threshold of root keys, and empty targets, so that an edge can check what it trusts before the first list.
 * `timestamp.json` is written last here as everywhere: without it there is no repository.
 * @throws PublicationError ALREADY_INITIALISED
 */
export async function initRepository(parts: RepositoryParts, rootKeys: readonly SigningKey[]): Promise<void> {
  const { files, keys, clock, validity } = parts
  if ((await findRootVersion(files)) > 0) {
    throw new PublicationError('ALREADY_INITIALISED', 'Cannot make the signed repository: it has a root already')
  }
  const nowMs = clock.nowMs()
  const root = createRoot(rootKeys, keys, expiry(nowMs, validity.rootMs))
  await files.write('metadata/1.root.json', signedBytes(root, rootKeys.slice(0, ROOT_KEYS.threshold)))
  await writeChain(parts, { targets: 1, snapshot: 1, timestamp: 1 }, {})
}

/**
 * Adds `document` as the list of `revision` and makes it what clients see. Order: target, targets, snapshot, timestamp. Until the
 * timestamp is renamed into place every client still gets the revision before; whatever a crash leaves is removed by `cleanRepository`.
 * @throws PublicationError REPOSITORY_BROKEN, KEY_UNUSABLE
 */
export async function publishDocument(
  parts: RepositoryParts,
  document: Uint8Array,
  facts: Pick<PublishedTarget, 'revision' | 'digest' | 'entries'>,
): Promise<void> {
  const current = await readSignable(parts)
  const newest = newestTarget(current)?.revision ?? 0
  if (facts.revision <= newest) {
    throw new PublicationError(
      'REPOSITORY_BROKEN',
      `Cannot publish revision ${facts.revision}: the repository is at ${newest} already`,
    )
  }
  const path = allowTarget(facts.revision)
  const sha256 = sha256Hex(document)
  const { revision, digest, entries } = facts
  const target = new TargetFile({
    path,
    length: document.length,
    hashes: { sha256 },
    unrecognizedFields: { custom: { revision, digest, entries } },
  })
  await parts.files.write(targetFilePath(path, sha256), document)
  const kept = Object.fromEntries(
    Object.entries(current.targets.targets)
      .filter(([name]) => (findRevisionOf(name) ?? 0) > 0)
      .sort(byRevision)
      .slice(0, parts.keep - 1),
  )
  const sides = Object.entries(current.targets.targets).filter(([name]) => findSide(name) !== undefined)
  await writeChain(parts, versionsAfter(current), { [path]: target, ...kept, ...Object.fromEntries(sides) })
  await cleanRepository(parts)
}

/**
 * Puts a document beside the lists in the place of the one of its kind before. The same order as for a list, and signed by the same roles.
 * The last few stay, for clients that have just read the metadata before.
 * @param make the document's bytes, by its version
 * @throws PublicationError REPOSITORY_BROKEN, KEY_UNUSABLE
 */
export async function publishSide(
  parts: RepositoryParts,
  kind: SideKind,
  make: (version: number) => Uint8Array | Promise<Uint8Array>,
): Promise<number> {
  const current = await readSignable(parts)
  const version = newestSides(current)[kind] + 1
  const path = sideTarget(kind, version)
  const document = await make(version)
  const sha256 = sha256Hex(document)
  const target = new TargetFile({
    path,
    length: document.length,
    hashes: { sha256 },
    unrecognizedFields: { custom: { version } },
  })
  await parts.files.write(targetFilePath(path, sha256), document)
  const kept = Object.entries(current.targets.targets).filter(([name]) => {
    const side = findSide(name)
    return side?.kind !== kind || side.version > version - SIDES_KEPT
  })
  await writeChain(parts, versionsAfter(current), { ...Object.fromEntries(kept), [path]: target })
  await cleanRepository(parts)
  return version
}

/** Bytes of the newest document of this kind that clients see; `undefined` before the first. @throws PublicationError REPOSITORY_BROKEN */
export async function readSide(files: RepositoryFiles, kind: SideKind): Promise<Uint8Array | undefined> {
  const current = await readCurrent(files)
  const version = newestSides(current)[kind]
  const target = version === 0 ? undefined : current.targets.targets[sideTarget(kind, version)]
  const sha256 = target?.hashes.sha256
  if (target === undefined || sha256 === undefined) return undefined
  const bytes = await files.find(targetFilePath(target.path, sha256))
  if (bytes !== undefined && sha256Hex(bytes) === sha256) return bytes
  throw new PublicationError('REPOSITORY_BROKEN', `Cannot read ${target.path}: it is not there as it was signed`)
}

/** Newest version of each kind of document beside the lists, 0 before the first. */
export type SideVersions = Readonly<Record<SideKind, number>>

/** The versions that clients see. */
export function newestSides({ targets }: Pick<CurrentMetadata, 'targets'>): SideVersions {
  const found = Object.keys(targets.targets).flatMap((name) => findSide(name) ?? [])
  const newest = (kind: SideKind): number => Math.max(0, ...found.map((side) => (side.kind === kind ? side.version : 0)))
  return Object.fromEntries(SIDE_KINDS.map((kind) => [kind, newest(kind)])) as Record<SideKind, number>
}

/**
 * Signs again what would lapse: the timestamp always, targets and snapshot once half of their time is over.
 * @throws PublicationError REPOSITORY_BROKEN, KEY_UNUSABLE
 */
export async function refreshMetadata(parts: RepositoryParts): Promise<void> {
  const current = await readSignable(parts)
  const { files, keys, clock, validity } = parts
  const nowMs = clock.nowMs()
  const isOld = (expires: string, ms: number) => Date.parse(expires) - nowMs < ms / 2
  if (isOld(current.targets.expires, validity.targetsMs) || isOld(current.snapshot.expires, validity.snapshotMs)) {
    await writeChain(parts, versionsAfter(current), current.targets.targets)
    await cleanRepository(parts)
    return
  }
  const timestamp = createTimestamp(
    current.timestamp.version + 1,
    expiry(nowMs, validity.timestampMs),
    current.timestamp.snapshotMeta,
  )
  await files.write('metadata/timestamp.json', signedBytes(timestamp, [keys.timestamp]))
}

/** Removes what a crash left and what is too old to be asked for. Reads first: a broken repository is left as it is. @throws PublicationError */
export async function cleanRepository({ files, keep }: Pick<RepositoryParts, 'files' | 'keep'>): Promise<void> {
  const { targets, snapshot } = await readCurrent(files)
  const wanted = new Set(Object.values(targets.targets).map(({ path, hashes }) => targetFilePath(path, hashes.sha256 ?? '')))
  const isWanted = (path: string): boolean => {
    if (path.endsWith(UNFINISHED)) return false
    if (path.startsWith('targets/')) return wanted.has(path)
    const match = /^metadata\/(\d+)\.(targets|snapshot)\.json$/.exec(path)
    if (match === null) return true
    const newest = match[2] === 'targets' ? targets.version : snapshot.version
    const version = Number(match[1])
    return version <= newest && version > newest - keep - 1
  }
  for (const path of await files.list()) if (!isWanted(path)) await files.remove(path)
}

/** The lists that clients see, newest first. */
export function publishedTargets({ targets }: Pick<CurrentMetadata, 'targets'>): PublishedTarget[] {
  return Object.entries(targets.targets)
    .sort(byRevision)
    .flatMap(([name, { custom, hashes }]) => {
      const revision = findRevisionOf(name)
      if (revision === undefined) return []
      return [{ revision, digest: String(custom.digest), entries: Number(custom.entries), sha256: hashes.sha256 ?? '' }]
    })
}

/** The newest list that clients see. */
export function newestTarget(current: Pick<CurrentMetadata, 'targets'>): PublishedTarget | undefined {
  return publishedTargets(current)[0]
}

interface Versions {
  readonly targets: number
  readonly snapshot: number
  readonly timestamp: number
}

function versionsAfter({ targets, snapshot, timestamp }: CurrentMetadata): Versions {
  return { targets: targets.version + 1, snapshot: snapshot.version + 1, timestamp: timestamp.version + 1 }
}

async function writeChain(
  parts: RepositoryParts,
  versions: Versions,
  named: CurrentMetadata['targets']['targets'],
): Promise<void> {
  const { files, keys, clock, validity } = parts
  const nowMs = clock.nowMs()
  const targets = signedBytes(createTargets(versions.targets, expiry(nowMs, validity.targetsMs), named), [keys.targets])
  await files.write(`metadata/${versions.targets}.targets.json`, targets)
  const snapshot = signedBytes(createSnapshot(versions.snapshot, expiry(nowMs, validity.snapshotMs), versions.targets, targets), [
    keys.snapshot,
  ])
  await files.write(`metadata/${versions.snapshot}.snapshot.json`, snapshot)
  const timestamp = createTimestamp(
    versions.timestamp,
    expiry(nowMs, validity.timestampMs),
    metaFile(versions.snapshot, snapshot),
  )
  await files.write('metadata/timestamp.json', signedBytes(timestamp, [keys.timestamp]))
}

/** What is current, with keys that its root trusts. */
async function readSignable({ files, keys }: RepositoryParts): Promise<CurrentMetadata> {
  const current = await readCurrent(files)
  for (const role of ONLINE_ROLES) {
    if (current.root.roles[role]?.keyIDs.includes(keys[role].key.keyID)) continue
    throw new PublicationError('KEY_UNUSABLE', `Cannot sign ${role}: the root metadata does not trust the key in ${role}.pem`)
  }
  return current
}

/** TUF takes whole seconds only. TUF specification §4.2.1. */
function expiry(nowMs: number, validMs: number): string {
  return `${new Date(nowMs + validMs).toISOString().slice(0, 19)}Z`
}

function byRevision([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return (findRevisionOf(b) ?? 0) - (findRevisionOf(a) ?? 0)
}
