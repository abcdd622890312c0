import { createHash } from 'node:crypto'
import { Metadata, MetadataKind, MetaFile, Root, Snapshot, Targets, Timestamp } from '@tufjs/models'
import { type OnlineKeys, ROOT_KEYS } from './key-files.ts'
import { PublicationError } from './publication-error.ts'
import type { RepositoryFiles } from './repository-files.ts'
import type { SigningKey } from './signing-key.ts'

const SPEC_VERSION = '1.0.31'

/** How long each role's metadata is valid after signing, in milliseconds. */
export interface Validity {
  readonly rootMs: number
  readonly targetsMs: number
  readonly snapshotMs: number
  readonly timestampMs: number
}

/** The metadata that `timestamp.json` leads to: what a client sees. */
export interface CurrentMetadata {
  readonly root: Root
  readonly timestamp: Timestamp
  readonly snapshot: Snapshot
  readonly targets: Targets
}

type Signable = Root | Targets | Snapshot | Timestamp

/** The exact bytes of signed metadata. */
export function signedBytes(signed: Signable, keys: readonly SigningKey[]): Buffer {
  const metadata = new Metadata(signed)
  for (const key of keys) metadata.sign((bytes) => key.sign(bytes))
  return Buffer.from(JSON.stringify(metadata.toJSON()))
}

/** Root metadata v1: consistent snapshots, a threshold of root keys, one key for each other role. */
export function createRoot(root: readonly SigningKey[], online: OnlineKeys, expires: string): Root {
  const metadata = new Root({ version: 1, specVersion: SPEC_VERSION, expires, consistentSnapshot: true })
  for (const { key } of root) metadata.addKey(key, 'root')
  metadata.addKey(online.targets.key, 'targets')
  metadata.addKey(online.snapshot.key, 'snapshot')
  metadata.addKey(online.timestamp.key, 'timestamp')
  const role = metadata.roles.root
  if (role !== undefined) Object.assign(role, { threshold: ROOT_KEYS.threshold })
  return metadata
}

export function createTargets(version: number, expires: string, targets: Targets['targets']): Targets {
  return new Targets({ version, specVersion: SPEC_VERSION, expires, targets })
}

export function createSnapshot(version: number, expires: string, targetsVersion: number, targetsBytes: Buffer): Snapshot {
  const meta = { 'targets.json': metaFile(targetsVersion, targetsBytes) }
  return new Snapshot({ version, specVersion: SPEC_VERSION, expires, meta })
}

export function createTimestamp(version: number, expires: string, snapshotMeta: MetaFile): Timestamp {
  return new Timestamp({ version, specVersion: SPEC_VERSION, expires, snapshotMeta })
}

export function metaFile(version: number, bytes: Buffer): MetaFile {
  return new MetaFile({ version, length: bytes.length, hashes: { sha256: sha256Hex(bytes) } })
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Highest root version among the files, 0 where there is none. */
export async function findRootVersion(files: RepositoryFiles): Promise<number> {
  const versions = (await files.list()).flatMap((path) => {
    const match = /^metadata\/([1-9]\d*)\.root\.json$/.exec(path)
    return match === null ? [] : [Number(match[1])]
  })
  return Math.max(0, ...versions)
}

/**
 * Reads and verifies what `timestamp.json` leads to. Expiry is not judged: expired metadata is repaired by signing it again.
 * @throws PublicationError NOT_INITIALISED, REPOSITORY_BROKEN
 */
export async function readCurrent(files: RepositoryFiles): Promise<CurrentMetadata> {
  const rootVersion = await findRootVersion(files)
  if (rootVersion === 0)
    throw new PublicationError('NOT_INITIALISED', 'Cannot open the signed repository: it has no root; run control init')
  const root = Metadata.fromJSON(MetadataKind.Root, await readJson(files, `metadata/${rootVersion}.root.json`))
  const timestamp = Metadata.fromJSON(MetadataKind.Timestamp, await readJson(files, 'metadata/timestamp.json'))
  const snapshotMeta = timestamp.signed.snapshotMeta
  const snapshotPath = `metadata/${snapshotMeta.version}.snapshot.json`
  const snapshot = Metadata.fromJSON(MetadataKind.Snapshot, await readJson(files, snapshotPath, snapshotMeta))
  const targetsMeta = snapshot.signed.meta['targets.json']
  if (targetsMeta === undefined) throw broken(snapshotPath, new Error('it names no targets.json'))
  const targetsPath = `metadata/${targetsMeta.version}.targets.json`
  const targets = Metadata.fromJSON(MetadataKind.Targets, await readJson(files, targetsPath, targetsMeta))
  try {
    root.verifyDelegate('root', root)
    root.verifyDelegate('timestamp', timestamp)
    root.verifyDelegate('snapshot', snapshot)
    root.verifyDelegate('targets', targets)
  } catch (cause) {
    throw broken('metadata/', cause)
  }
  return { root: root.signed, timestamp: timestamp.signed, snapshot: snapshot.signed, targets: targets.signed }
}

type Json = Parameters<typeof Metadata.fromJSON>[1]

async function readJson(files: RepositoryFiles, path: string, expected?: MetaFile): Promise<Json> {
  const bytes = await files.find(path)
  if (bytes === undefined) throw broken(path, new Error('it is missing'))
  try {
    expected?.verify(bytes)
    return JSON.parse(bytes.toString('utf8')) as Json
  } catch (cause) {
    throw broken(path, cause)
  }
}

function broken(path: string, cause: unknown): PublicationError {
  const why = cause instanceof Error ? cause.message : 'unreadable'
  return new PublicationError(
    'REPOSITORY_BROKEN',
    `Cannot open the signed repository: ${path}: ${why}; restore publication/ from a backup`,
    { cause },
  )
}
