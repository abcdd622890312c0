import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Fetcher, type TargetFile, Updater } from 'tuf-js'
import { MAX_BLOCKS_BYTES } from '../../rules/verdicts/blocks-document.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { HeldList, Pulled, RevisionSource } from './revision-source.ts'
import { TrustError } from './trust-error.ts'
import { metadataFolder, prepareMetadata } from './trust-store.ts'
import { noSuchFile, trustErrorOf } from './tuf-fault.ts'

/** A million entries with their owners are about a fifth of it. Even a signed length may not fill the memory. */
const MAX_LIST_BYTES = 268_435_456

/** tuf-js wants absolute URLs; only their paths are used. */
const BASE = 'https://control/v1/tuf'

/** Fetches revisions from the control API's TUF repository; verified metadata is kept below `directory`. */
export function createTufSource(client: ControlClient, directory: string): RevisionSource {
  /** The metadata of the last pull, until its verdicts were taken too. */
  let verified: Updater | undefined
  const refresh = async (fetcher: Fetcher): Promise<Updater> => {
    verified = undefined
    await prepareMetadata(directory)
    // An Updater walks the specification's steps once, so each pull has its own.
    const updater = new Updater({ metadataDir: metadataFolder(directory), metadataBaseUrl: `${BASE}/metadata`, fetcher })
    await updater.refresh()
    verified = updater
    return updater
  }
  return {
    async pullBlocks(heldVersion, signal) {
      const fetcher = createFetcher(client, signal)
      try {
        const updater = verified ?? (await refresh(fetcher))
        verified = undefined
        const version = await newestNumber(directory, BLOCKS)
        if (version === undefined) return { kind: 'none' }
        if (version === heldVersion) return { kind: 'held' }
        const path = `blocks/${version}.json`
        const target = await updater.getTargetInfo(path)
        if (target === undefined) throw new TrustError('METADATA_REFUSED', `Signed targets do not name ${path}`)
        const sha256 = target.hashes.sha256
        if (sha256 === undefined) throw new TrustError('METADATA_REFUSED', `Signed targets give ${path} no SHA-256`)
        if (target.length > MAX_BLOCKS_BYTES)
          throw new TrustError('TARGET_MISMATCH', `Cannot take ${path}: ${target.length} bytes, the limit is ${MAX_BLOCKS_BYTES}`)
        const bytes = await fetchTarget(client, `/v1/tuf/targets/blocks/${sha256}.${version}.json`, target, signal)
        return { kind: 'fetched', version, bytes }
      } catch (error) {
        throw trustErrorOf(error, fetcher.fault)
      }
    },
    async pull(held, signal) {
      const fetcher = createFetcher(client, signal)
      try {
        const updater = await refresh(fetcher)
        const revision = await newestNumber(directory, LISTS)
        if (revision === undefined) return { kind: 'none' }
        const target = await updater.getTargetInfo(targetPath(revision))
        if (target === undefined) throw new TrustError('METADATA_REFUSED', `Signed targets do not name ${targetPath(revision)}`)
        return await fetchList(client, revision, target, held, signal)
      } catch (error) {
        throw trustErrorOf(error, fetcher.fault)
      }
    },
  }
}

function targetPath(revision: number): string {
  return `allow/${revision}.full`
}

const LISTS = /^allow\/([1-9]\d{0,14})\.full$/
const BLOCKS = /^blocks\/([1-9]\d{0,14})\.json$/

/** The highest number among such names in the targets metadata. `refresh` has just verified the file; what is taken from it is asked of the updater again. */
async function newestNumber(directory: string, form: RegExp): Promise<number | undefined> {
  const text = await readFile(join(metadataFolder(directory), 'targets.json'), 'utf8')
  const { signed } = JSON.parse(text) as { readonly signed: { readonly targets: Readonly<Record<string, unknown>> } }
  const revisions = Object.keys(signed.targets).flatMap((path) => {
    const match = form.exec(path)
    return match === null ? [] : [Number(match[1])]
  })
  return revisions.length === 0 ? undefined : revisions.reduce((a, b) => Math.max(a, b))
}

async function fetchList(
  client: ControlClient,
  revision: number,
  target: TargetFile,
  held: HeldList | undefined,
  signal: AbortSignal,
): Promise<Pulled> {
  const sha256 = target.hashes.sha256
  if (sha256 === undefined) throw new TrustError('METADATA_REFUSED', `Signed targets give ${target.path} no SHA-256`)
  if (held?.revision === revision && held.sha256 === sha256) return { kind: 'held', revision }
  if (target.length > MAX_LIST_BYTES)
    throw new TrustError('TARGET_MISMATCH', `Cannot take ${target.path}: ${target.length} bytes, the limit is ${MAX_LIST_BYTES}`)
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
