import { generateKeyPairSync } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { Value } from 'typebox/value'
import { type EnrolRequest, EnrolResponse } from '../../rules/reports/enrolment.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { AgentIdentity } from '../control/sign-request.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { pinRoot } from '../trust/trust-store.ts'
import { EnrolError } from './enrol-error.ts'
import { parseEnrolToken, rootFingerprintOf } from './enrol-token.ts'
import { loadIdentity, saveIdentity, savePrivateKey } from './identity-store.ts'

export interface EnrolOrder {
  /** As it stands in the token's file. Secret. */
  readonly tokenText: string
  readonly name: string
  readonly identityDirectory: string
  readonly trustDirectory: string
}

/**
 * Spends a one-time token: makes a key pair here, has its public half bound to a new agent, and pins the root metadata that the token names.
 * The key is on disk before the token is spent, so that a full disk costs no token.
 * @throws EnrolError, ControlLinkError, TrustError METADATA_REFUSED, MemoryError STATE_UNWRITABLE
 */
export async function enrolAgent(client: ControlClient, order: EnrolOrder, signal: AbortSignal): Promise<AgentIdentity> {
  const token = parseEnrolToken(order.tokenText)
  await refuseIfEnrolled(order.identityDirectory)
  for (const directory of [order.identityDirectory, order.trustDirectory]) {
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
      throw new MemoryError('STATE_UNWRITABLE', `Cannot make ${JSON.stringify(directory)}: ${cause.message}`, { cause })
    })
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  await savePrivateKey(order.identityDirectory, privateKey)
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const request: EnrolRequest = { token: token.text, name: order.name, publicKey: x }
  const answer = await client.postJson('/v1/agents/enrol', request, signal)
  if (!Value.Check(EnrolResponse, answer))
    throw new ControlLinkError('CONTROL_ANSWER', 'Cannot enrol: the answer of the control API is not of the agreed form')
  const fingerprint = rootFingerprintOf(answer.root)
  if (fingerprint !== token.rootFingerprint)
    throw new EnrolError(
      'ROOT_MISMATCH',
      `Cannot enrol: the root metadata received has the fingerprint ${fingerprint}, the token names ${token.rootFingerprint}; is ` +
        'control.url the right one?',
    )
  await pinRoot(order.trustDirectory, answer.root)
  await saveIdentity(order.identityDirectory, answer.agentId, order.name)
  return { agentId: answer.agentId, name: order.name, privateKey }
}

async function refuseIfEnrolled(directory: string): Promise<void> {
  try {
    const { agentId } = await loadIdentity(directory)
    throw new EnrolError('ALREADY_ENROLLED', `Cannot enrol: ${JSON.stringify(directory)} holds the identity of agent ${agentId}`)
  } catch (error) {
    if (!(error instanceof EnrolError && error.code === 'NOT_ENROLLED')) throw error
  }
}
