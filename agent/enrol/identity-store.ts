import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { AgentIdentity } from '../control/sign-request.ts'
import { writeDurably } from '../memory/write-durably.ts'
import { EnrolError } from './enrol-error.ts'

const IdentityFile = Type.Object(
  { format: Type.Literal('edgeward-identity/1'), agentId: Type.String({ minLength: 1 }), name: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
)

function keyPath(directory: string): string {
  return join(directory, 'identity.key')
}

function identityPath(directory: string): string {
  return join(directory, 'identity.json')
}

/** Writes the private key, for its owner's eyes only. An edge counts as enrolled only once `saveIdentity` is done. @throws MemoryError STATE_UNWRITABLE */
export async function savePrivateKey(directory: string, key: KeyObject): Promise<void> {
  await writeDurably(keyPath(directory), [Buffer.from(key.export({ format: 'pem', type: 'pkcs8' }))], 0o600)
}

/** Ends an enrolment. @throws MemoryError STATE_UNWRITABLE */
export async function saveIdentity(directory: string, agentId: string, name: string): Promise<void> {
  const text = JSON.stringify({ format: 'edgeward-identity/1', agentId, name })
  await writeDurably(identityPath(directory), [Buffer.from(`${text}\n`)], 0o600)
}

/** The identity kept below `directory`. @throws EnrolError NOT_ENROLLED, IDENTITY_BROKEN, IDENTITY_EXPOSED */
export async function loadIdentity(directory: string): Promise<AgentIdentity> {
  const text = await readFile(identityPath(directory), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT')
      throw new EnrolError(
        'NOT_ENROLLED',
        `No identity in ${JSON.stringify(directory)}: run agent enrol with a token from central IT`,
      )
    throw broken(identityPath(directory), cause)
  })
  try {
    const file: unknown = JSON.parse(text)
    if (!Value.Check(IdentityFile, file)) throw new Error('its fields are not those of an identity')
    return { agentId: file.agentId, name: file.name, privateKey: await loadPrivateKey(keyPath(directory)) }
  } catch (cause) {
    if (cause instanceof EnrolError) throw cause
    throw broken(identityPath(directory), cause)
  }
}

async function loadPrivateKey(path: string): Promise<KeyObject> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0)
    throw new EnrolError('IDENTITY_EXPOSED', `Cannot use ${JSON.stringify(path)}: others can read it; run chmod 600 on it`)
  const key = createPrivateKey(await readFile(path))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} holds a key of type ${key.asymmetricKeyType}, not Ed25519`)
  return key
}

function broken(path: string, cause: unknown): EnrolError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EnrolError(
    'IDENTITY_BROKEN',
    `Cannot use the identity of ${JSON.stringify(path)}: ${reason}; move it away and enrol again with a new token`,
    { cause },
  )
}
