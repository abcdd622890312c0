import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Fetcher, type TargetFile, Updater } from 'tuf-js'
import { findSide, MAX_SIDE_BYTES, type SideKind, sideTarget } from '../../rules/documents/side-kind.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import { createQueue } from '../process/create-queue.ts'
import type { HeldList, Pulled, RevisionSource } from './revision-source.ts'
import { TrustError } from './trust-error.ts'
import { metadataFolder, prepareMetadata } from './trust-store.ts'
import { noSuchFile, trustErrorOf } from './tuf-fault.ts'

/** A million entries with their owners are about a fifth of it. Even a signed length may not fill the memory. */
const MAX_LIST_BYTES = 268_435_456

/** tuf-js wants absolute URLs; only their paths are used. */
const BASE = 'https://control/v1/tuf'

/** Fetches revisions and the documents beside them from the control API's TUF repository; verified metadata is kept below `directory`. */
export function createTufSource(client: ControlClient, directory: string): RevisionSource {
  /** One at a time walks the specification's steps and reads what they left on the disk. */
  const inTurn = createQueue()
  let verified: Updater | undefined
  const refreshNow = async (fetcher: Fetcher): Promise<Updater> => {
    verified = undefined
    await prepareMetadata(directory)
    // An Updater walks the specification's steps once, so each pull has its own.
    const updater = new Updater({ metadataDir: metadataFolder(directory), metadataBaseUrl: `${BASE}/metadata`, fetcher })
    await updater.refresh()
    verified = updater
    return updater
  }
  const ask = async <T>(signal: AbortSignal, work: (fetcher: Fetcher) => Promise<T>): Promise<T> => {
    const fetcher = createFetcher(client, signal)
    try {
      return await work(fetcher)
    } catch (error) {
      throw trustErrorOf(error, fetcher.fault)
    }
  }
  return {
    refresh: (signal) => ask(signal, (fetcher) => inTurn(async () => void (await refreshNow(fetcher)))),
    pullSide: (kind, heldVersion, signal) =>
      ask(signal, async (fetcher) => {
        const found = await inTurn(async () => {
          const updater = verified ?? (await refreshNow(fetcher))
          const version = await newestNumber(directory, (path) => sideVersion(path, kind))
          if (version === undefined || version === heldVersion) return version
          return { version, target: await updater.getTargetInfo(sideTarget(kind, version)) }
        })
        if (found === undefined) return { kind: 'none' }
        if (typeof found === 'number') return { kind: 'held' }
        const { version, target } = found
        const path = sideTarget(kind, version)
        if (target === undefined) throw new TrustError('METADATA_REFUSED', `Signed targets do not name ${path}`)
        const sha256 = sha256Of(target)
        checkLength(target, MAX_SIDE_BYTES[kind])
        const bytes = await fetchTarget(client, `/v1/tuf/targets/${kind}/${sha256}.${version}.json`, target, signal)
        return { kind: 'fetched', version, bytes }
      }),
    pull: (held, signal) =>
      ask(signal, async (fetcher) => {
        const found = await inTurn(async () => {
          const updater = await refreshNow(fetcher)
          const revision = await newestNumber(directory, findRevision)
          return revision === undefined ? undefined : { revision, target: await updater.getTargetInfo(targetPath(revision)) }
        })
        if (found === undefined) return { kind: 'none' }
        const { revision, target } = found
        if (target === undefined) throw new TrustError('METADATA_REFUSED', `Signed targets do not name ${targetPath(revision)}`)
        return await fetchList(client, revision, target, held, signal)
      }),
  }
}

function targetPath(revision: number): string {
  return `allow/${revision}.full`
}

function findRevision(path: string): number | undefined {
  const match = /^allow\/([1-9]\d{0,14})\.full$/.exec(path)
  return match === null ? undefined : Number(match[1])
}

function sideVersion(path: string, kind: SideKind): number | undefined {
  const side = findSide(path)
  return side?.kind === kind ? side.version : undefined
}

/** The highest number among the names in the targets metadata. `refresh` has just verified the file; what is taken from it is asked of the updater again. */
async function newestNumber(directory: string, find: (path: string) => number | undefined): Promise<number | undefined> {
  const text = await readFile(join(metadataFolder(directory), 'targets.json'), 'utf8')
  const { signed } = JSON.parse(text) as { readonly signed: { readonly targets: Readonly<Record<string, unknown>> } }
  const numbers = Object.keys(signed.targets).flatMap((path) => find(path) ?? [])
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b))
}

/** @throws TrustError METADATA_REFUSED */
function sha256Of({ path, hashes }: TargetFile): string {
  if (hashes.sha256 !== undefined) return hashes.sha256
  throw new TrustError('METADATA_REFUSED', `Signed targets give ${path} no SHA-256`)
}

/** @throws TrustError TARGET_MISMATCH */
function checkLength({ path, length }: TargetFile, maxBytes: number): void {
  if (length > maxBytes) throw new TrustError('TARGET_MISMATCH', `Cannot take ${path}: ${length} bytes, the limit is ${maxBytes}`)
}

async function fetchList(
  client: ControlClient,
  revision: number,
  target: TargetFile,
  held: HeldList | undefined,
  signal: AbortSignal,
): Promise<Pulled> {
  const sha256 = sha256Of(target)
  if (held?.revision === revision && held.sha256 === sha256) return { kind: 'held', revision }
  checkLength(target, MAX_LIST_BYTES)
  const bytes = await fetchTarget(client, `/v1/tuf/targets/allow/${sha256}.${revision}.full`, target, signal)
  return { kind: 'fetched', revision, bytes }
}

async function fetchTarget(client: ControlClient, path: string, target: TargetFile, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const bytes = await client.fetchBytes(path, target.length, signal)
    // TUF specification §5.7.2: length and hashes.
    await target.verify(Readable.from([bytes]))
    return bytes
  } catch (cause) {
    if (cause instanceof ControlLinkError && cause.code !== 'CONTROL_ANSWER') throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TrustError('TARGET_MISMATCH', `Cannot take ${target.path}: ${reason}`, { cause })
  }
}

/** tuf-js's way to the network. It remembers the last real fault, because tuf-js keeps only its text. */
function createFetcher(client: ControlClient, signal: AbortSignal): Fetcher & { readonly fault: ControlLinkError | undefined } {
  let fault: ControlLinkError | undefined
  return {
    get fault() {
      return fault
    },
    async downloadBytes(url, maxLength) {
      try {
        return await client.fetchBytes(new URL(url).pathname, maxLength, signal)
      } catch (error) {
        if (error instanceof ControlLinkError && error.code === 'CONTROL_NOT_FOUND' && url.endsWith('.root.json'))
          throw noSuchFile(error.status)
        if (error instanceof ControlLinkError) fault = error
        throw error
      }
    },
    downloadFile(url) {
      return Promise.reject(new Error(`Cannot download ${url} to a file: lists are fetched into memory`))
    },
  }
}
