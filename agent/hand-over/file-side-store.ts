import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { SideKind } from '../../rules/documents/side-kind.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { writeDurably } from '../memory/write-durably.ts'
import type { SideStore } from './side-store.ts'

const FILE_MODE = 0o600

/** The first line of `<kind>.document`; the exact signed bytes follow it. */
const Head = Type.Object(
  {
    format: Type.Literal('edgeward-document/1'),
    version: Type.Integer({ minimum: 1 }),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
)
type Head = Static<typeof Head>

/** Keeps them in `directory`: `<kind>.document` and `<kind>.floor`. */
export function createFileSideStore(directory: string): SideStore {
  const documentPath = (kind: SideKind): string => join(directory, `${kind}.document`)
  const floorPath = (kind: SideKind): string => join(directory, `${kind}.floor`)
  const readFloor = async (kind: SideKind): Promise<number> => {
    const [, version] = /^([1-9]\d{0,14})\n$/.exec((await findFile(floorPath(kind)))?.toString('latin1') ?? '') ?? []
    return Number(version ?? 0)
  }
  const findDocument: SideStore['find'] = async (kind) => {
    const content = await findFile(documentPath(kind))
    const document = content === undefined ? undefined : parseDocument(content)
    return document === undefined ? undefined : { kind, ...document }
  }
  return {
    find: findDocument,
    async floor(kind) {
      return Math.max(await readFloor(kind), (await findDocument(kind))?.version ?? 0)
    },
    async remember({ kind, version, bytes }) {
      await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
        throw new MemoryError('STATE_UNWRITABLE', `Cannot make ${JSON.stringify(directory)}: ${cause.message}`, { cause })
      })
      // The floor first: if the power goes in between, the document before goes on, and nothing older than this one is fetched.
      await writeDurably(floorPath(kind), [`${version}\n`], FILE_MODE)
      const head: Head = { format: 'edgeward-document/1', version, bytes: bytes.length, sha256: sha256Of(bytes) }
      await writeDurably(documentPath(kind), [`${JSON.stringify(head)}\n`, bytes], FILE_MODE)
    },
  }
}

function parseDocument(content: Buffer): { version: number; bytes: Buffer } | undefined {
  const end = content.indexOf('\n')
  const head = end < 0 ? undefined : parseJson(content.toString('latin1', 0, end))
  if (!Value.Check(Head, head)) return undefined
  const bytes = content.subarray(end + 1)
  return bytes.length === head.bytes && sha256Of(bytes) === head.sha256 ? { version: head.version, bytes } : undefined
}

async function findFile(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch {
    return undefined // Missing or unreadable: fetched again, and never older than the floor.
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // A torn head is a torn document.
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
