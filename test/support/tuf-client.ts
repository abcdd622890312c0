import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseFetcher, Updater } from 'tuf-js'
import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { onTestFinished } from 'vitest'
import { allowTarget, findRevisionOf } from '../../control-api/publication/target-name.ts'

/** An answer to the client: bytes, or the HTTP status of a refusal. */
export type Serve = (path: string) => Promise<Uint8Array | number>

export interface TufClient {
  /** A whole refresh with tuf-js; the newest list, verified. Throws what tuf-js throws. */
  fetchNewest(): Promise<{ revision: number; document: Buffer; custom: Record<string, unknown> } | undefined>
}

/** A TUF client as an edge uses it: pinned root, own memory across refreshes, everything judged by tuf-js. `serve` gets paths from the repository's root. */
export async function createTufClient(root: Uint8Array, serve: Serve): Promise<TufClient> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-tuf-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'targets'))
  await writeFile(join(folder, 'root.json'), root)
  return {
    async fetchNewest() {
      const updater = new Updater({
        metadataDir: folder,
        metadataBaseUrl: 'http://edge.invalid/metadata',
        targetDir: join(folder, 'targets'),
        targetBaseUrl: 'http://edge.invalid/targets',
        fetcher: new ServingFetcher(serve),
      })
      await updater.refresh()
      const targets = JSON.parse(readFileSync(join(folder, 'targets.json'), 'utf8')) as { signed: { targets: object } }
      const revision = Math.max(0, ...Object.keys(targets.signed.targets).map((name) => findRevisionOf(name) ?? 0))
      if (revision === 0) return undefined
      const info = await updater.getTargetInfo(allowTarget(revision))
      if (info === undefined) throw new Error(`no target of revision ${revision}`)
      const document = await readFile(await updater.downloadTarget(info))
      return { revision, document, custom: info.custom }
    },
  }
}

class ServingFetcher extends BaseFetcher {
  readonly #serve: Serve
  constructor(serve: Serve) {
    super()
    this.#serve = serve
  }

  override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const answer = await this.#serve(new URL(url).pathname.slice(1))
    if (typeof answer === 'number') throw new DownloadHTTPError(`status ${answer}`, answer)
    return new Blob([new Uint8Array(answer)]).stream()
  }
}
