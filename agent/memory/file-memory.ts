import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { RevisionSummary } from '../../rules/revisions/revision-summary.ts'
import type { LastGoodMemory, MemoryFault, Recollection } from './last-good.ts'
import { MemoryError, type MemoryErrorCode } from './memory-error.ts'
import { writeDurably } from './write-durably.ts'

const FILE_MODE = 0o600

/** The first line of `last-good.allow`; the exact signed bytes follow it. */
const Head = Type.Object(
  {
    format: Type.Literal('edgeward-last-good/1'),
    revision: Type.Integer({ minimum: 1 }),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
)

/** `trusted.json`: the summary with a hash of its own, because a flipped digit in a revision number is still JSON. */
const Trusted = Type.Object(
  { format: Type.Literal('edgeward-trusted/1'), summary: RevisionSummary, shape: Type.String(), sha256: Type.String() },
  { additionalProperties: false },
)

/** Keeps the memory in `directory`: `last-good.allow` and `trusted.json`. */
export function createFileMemory(directory: string): LastGoodMemory {
  const lastGoodPath = join(directory, 'last-good.allow')
  const trustedPath = join(directory, 'trusted.json')
  return {
    async recall() {
      const faults: MemoryFault[] = []
      const lastGood = await readPart(lastGoodPath, 'LAST_GOOD_BROKEN', parseLastGood, faults)
      const trusted = await readPart(trustedPath, 'TRUSTED_BROKEN', parseTrusted, faults)
      return { lastGood, trusted: trusted?.summary, shape: trusted?.shape, faults }
    },
    async remember(summary, bytes, shape) {
      await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
        throw new MemoryError('STATE_UNWRITABLE', `Cannot make ${JSON.stringify(directory)}: ${cause.message}`, { cause })
      })
      // The bytes first: they carry their own number, so if the power goes in between, nothing older than the kernel's list can come in.
      const head: Static<typeof Head> = {
        format: 'edgeward-last-good/1',
        revision: summary.revision,
        bytes: bytes.length,
        sha256: sha256Of(bytes),
      }
      await writeDurably(lastGoodPath, [Buffer.from(`${JSON.stringify(head)}\n`), bytes], FILE_MODE)
      const trusted: Static<typeof Trusted> = {
        format: 'edgeward-trusted/1',
        summary,
        shape,
        sha256: sha256Of(JSON.stringify([summary, shape])),
      }
      await writeDurably(trustedPath, [Buffer.from(`${JSON.stringify(trusted)}\n`)], FILE_MODE)
    },
  }
}

/** A file that is not there is no fault; one that cannot be read or understood is, and counts as absent. */
async function readPart<T>(
  path: string,
  code: MemoryErrorCode,
  parse: (content: Buffer) => T | undefined,
  faults: MemoryFault[],
): Promise<T | undefined> {
  let content: Buffer
  try {
    content = await readFile(path)
  } catch (error) {
    const { code: reason } = error as NodeJS.ErrnoException
    if (reason !== 'ENOENT') faults.push({ code: 'STATE_UNREADABLE', message: `Cannot read ${JSON.stringify(path)}: ${reason}` })
    return undefined
  }
  const part = parse(content)
  if (part === undefined)
    faults.push({ code, message: `Cannot use ${JSON.stringify(path)}: its ${content.length} bytes are not what was written` })
  return part
}

function parseLastGood(content: Buffer): Recollection['lastGood'] {
  const end = content.indexOf('\n')
  const head = end < 0 ? undefined : parseJson(content.toString('utf8', 0, end))
  if (!Value.Check(Head, head)) return undefined
  const bytes = content.subarray(end + 1)
  if (bytes.length !== head.bytes || sha256Of(bytes) !== head.sha256) return undefined
  return { revision: head.revision, bytes }
}

function parseTrusted(content: Buffer): Static<typeof Trusted> | undefined {
  const trusted = parseJson(content.toString('utf8'))
  if (!Value.Check(Trusted, trusted)) return undefined
  return sha256Of(JSON.stringify([trusted.summary, trusted.shape])) === trusted.sha256 ? trusted : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // The caller reports the file as broken.
  }
}

function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
