import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { initRepository, publishDocument, type RepositoryParts } from '../../control-api/publication/repository.ts'
import type { AllowEntry } from '../../rules/revisions/allow-document.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { createFakeRepositoryFiles } from '../fakes/fake-repository-files.ts'
import { revisionBytes } from './allow-lists.ts'
import { someKeys } from './signing-keys.ts'

const DAY_MS = 86_400_000
/** An agent in the middle of a refresh must find what it has begun with, however fast revisions come. */
const KEPT = 40

/** A revision as it was signed. */
export interface SignedRevision {
  readonly revision: number
  readonly digest: string
  readonly bytes: Uint8Array
}

/** A TUF repository with real signatures and the few routes that an agent asks, in this process: new revisions cost milliseconds. */
export interface SignedCentral extends AsyncDisposable {
  /** What an edge pins at enrolment. */
  readonly rootText: string
  /** All that was ever signed. */
  readonly signed: ReadonlyMap<number, SignedRevision>
  /** The newest of them; 0 before the first. */
  readonly newest: number
  /** Signs the next revision, in mode enforce, and tells every agent that listens. */
  publish(entries: readonly AllowEntry[]): Promise<SignedRevision>
  /** Hears the path of each request from now on. */
  listen(listener: (path: string) => void): Disposable
}

/** Serves on the unix socket `socket`. Who asks is not looked at. */
export async function startSignedCentral(socket: string): Promise<SignedCentral> {
  const files = createFakeRepositoryFiles()
  const { online, root } = someKeys()
  const validity = { rootMs: 90 * DAY_MS, targetsMs: 30 * DAY_MS, snapshotMs: 30 * DAY_MS, timestampMs: DAY_MS }
  const repository: RepositoryParts = { files, keys: online, clock: { nowMs: () => Date.now() }, validity, keep: KEPT }
  await initRepository(repository, root)
  const signed = new Map<number, SignedRevision>()
  const streams = new Set<ServerResponse>()
  const listeners = new Set<(path: string) => void>()

  const answer = async ({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(url, 'http://central')
    for (const listener of listeners) listener(pathname)
    if (pathname === '/v1/events') {
      streams.add(response.writeHead(200, { 'content-type': 'text/event-stream' }))
      response.once('close', () => streams.delete(response))
      response.write(': here\n\n')
      return
    }
    if (!pathname.startsWith('/v1/tuf/')) return void response.writeHead(204).end()
    const bytes = await files.find(pathname.slice('/v1/tuf/'.length))
    if (bytes === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
  }

  await rm(socket, { force: true })
  const server = createServer((request, response) => {
    response.on('error', () => response.destroy())
    request.resume()
    void answer(request, response)
  }).listen(socket)
  await once(server, 'listening')

  return {
    rootText: String(await files.find('metadata/1.root.json')),
    signed,
    get newest() {
      return signed.size
    },
    async publish(entries) {
      const revision = signed.size + 1
      const publishedAt = new Date().toISOString().replace(/\.\d+Z$/, '+00:00')
      const bytes = revisionBytes({ revision, publishedAt, entries: [...entries] })
      const { digest } = parseAllowDocument(bytes).header
      // First known as signed: whoever looks at the kernel must find there nothing that is not.
      const made = { revision, digest, bytes }
      signed.set(revision, made)
      await publishDocument(repository, bytes, { revision, digest, entries: entries.length })
      for (const stream of streams) stream.write(`event: revision\ndata: {"revision":${revision}}\n\n`)
      return made
    },
    listen(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
