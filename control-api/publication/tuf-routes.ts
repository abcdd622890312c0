import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { actorOf, anyone, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { createFileCache } from './file-cache.ts'
import { sha256Hex } from './signed-metadata.ts'

/** The only names there are: versioned metadata, the timestamp, and targets that carry their hash. Nothing else reaches the files. */
const METADATA = /^(?:\d{1,15}\.(?:root|snapshot|targets)|timestamp)\.json$/
const LISTS = 'allow'
const TARGET_FOLDER = /^[a-z]{1,16}$/
const TARGET = /^[0-9a-f]{64}\.[0-9A-Za-z-]{1,40}\.[a-z]{1,8}$/

/** A file whose name says its content never changes; the timestamp is asked for anew every time. RFC 8246. */
const FOR_EVER = 'public, max-age=31536000, immutable'
const ANEW = 'no-cache'

/** Lists and documents beside them that edges are fetching now. */
const TARGETS_IN_MEMORY = 6
/** The same of metadata, which is small. */
const METADATA_IN_MEMORY = 12
const TIMESTAMP = 'timestamp.json'

/** The signed repository as plain files: `GET /v1/tuf/metadata/*` and `GET /v1/tuf/targets/*`. */
export function registerTufRoutes(app: ControlApp, { config, repository }: ControlContext): void {
  const onRequest = config.publication.open ? anyone : requireRole('agent', 'reader', 'operator', 'approver')
  // A new list is fetched by every edge within seconds: one copy in memory serves them all.
  const targets = createFileCache((path) => repository.find(path), TARGETS_IN_MEMORY)
  const newMetadata = () => createFileCache((path) => repository.find(path), METADATA_IN_MEMORY)
  let newest = { timestamp: '', metadata: newMetadata() }

  /** Before a timestamp names them, files of a publication that failed may still be written anew: each timestamp begins a memory of its own. */
  async function findMetadata(file: string): Promise<ServedMetadata | undefined> {
    const path = `metadata/${file}`
    const bytes = await (file === TIMESTAMP ? repository.find(path) : newest.metadata(path))
    if (bytes === undefined) return undefined
    const sha256 = sha256Hex(bytes)
    if (file === TIMESTAMP && sha256 !== newest.timestamp) newest = { timestamp: sha256, metadata: newMetadata() }
    return { bytes, sha256 }
  }

  const notFound = (): ControlError => new ControlError('NOT_FOUND', 'The signed repository has no such file.')

  app.get(
    '/v1/tuf/metadata/:file',
    {
      onRequest,
      schema: {
        tags: ['distribution'],
        summary: 'TUF metadata: `timestamp.json`, `<version>.<role>.json`',
        params: Type.Object({ file: Type.String() }),
      },
    },
    async (request, reply) => {
      const { file } = request.params
      const found = METADATA.test(file) ? await findMetadata(file) : undefined
      if (found === undefined) throw notFound()
      const cache = file === TIMESTAMP ? ANEW : FOR_EVER
      return sendFile(request, reply, { ...found, type: 'application/json', cache })
    },
  )

  app.get(
    '/v1/tuf/targets/:folder/:file',
    {
      onRequest,
      schema: {
        tags: ['distribution'],
        summary:
          'TUF target: `allow/<sha256>.<revision>.full`; `blocks` (or `policy`, `users`, `grants`)`/<sha256>.<version>.json`',
        params: Type.Object({ folder: Type.String(), file: Type.String() }),
      },
    },
    async (request, reply) => {
      const { folder, file } = request.params
      // Signed like the lists, but who is under a verdict, on the list of users or holds a grant is nobody else's business.
      if (folder !== LISTS) actorOf(request)
      const isName = TARGET_FOLDER.test(folder) && TARGET.test(file)
      const bytes = isName ? await targets(`targets/${folder}/${file}`) : undefined
      if (bytes === undefined) throw notFound()
      return sendFile(request, reply, { bytes, sha256: file.slice(0, 64), type: 'application/octet-stream', cache: FOR_EVER })
    },
  )
}

interface ServedMetadata {
  readonly bytes: Buffer
  readonly sha256: string
}

interface ServedFile extends ServedMetadata {
  readonly type: string
  readonly cache: string
}

function sendFile(request: FastifyRequest, reply: FastifyReply, { bytes, sha256, type, cache }: ServedFile): FastifyReply {
  const etag = `"${sha256}"`
  reply.header('etag', etag).header('cache-control', cache)
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.some((tag) => tag === etag || tag === '*') === true) return reply.code(304).send()
  return reply.type(type).send(bytes)
}
