import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Clock } from '../../rules/time/clock.ts'
import type { Central } from '../agent.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { type ControlClient, createControlClient } from '../control/control-client.ts'
import { type AgentIdentity, createRequestSigner } from '../control/sign-request.ts'
import { enrolAgent } from '../enrol/enrol-agent.ts'
import { EnrolError } from '../enrol/enrol-error.ts'
import { loadIdentity } from '../enrol/identity-store.ts'
import type { Log } from '../log/log.ts'
import { createTufSource } from '../trust/tuf-source.ts'

/** Where the parts of the agent keep their files. */
export function stateFolders(config: AgentConfig) {
  return {
    identity: join(config.stateDir, 'identity'),
    trust: join(config.stateDir, 'trust'),
    memory: join(config.stateDir, 'memory'),
    documents: join(config.stateDir, 'documents'),
    boot: join(config.stateDir, 'boot'),
    orders: join(config.stateDir, 'orders'),
  }
}

/** The way to central with the edge's identity; enrols first where there is none and the config names a token's file. @throws EnrolError and others */
export async function openCentral(config: AgentConfig, clock: Clock, log: Log, signal: AbortSignal): Promise<Central> {
  const ca = await readCa(config)
  const folders = stateFolders(config)
  const identity = await identityOf(config, clock, log, signal)
  const client = clientOf(config, clock, ca, identity)
  return { agentId: identity.agentId, client, source: createTufSource(client, folders.trust) }
}

async function identityOf(config: AgentConfig, clock: Clock, log: Log, signal: AbortSignal): Promise<AgentIdentity> {
  try {
    return await loadIdentity(stateFolders(config).identity)
  } catch (error) {
    const { enrolTokenFile } = config.control
    if (!(error instanceof EnrolError && error.code === 'NOT_ENROLLED') || enrolTokenFile === '') throw error
    const identity = await enrolWith(config, await readTokenFile(enrolTokenFile), clock, signal)
    log.info({ agentId: identity.agentId, name: identity.name }, 'edge was enrolled')
    return identity
  }
}

/** Spends a token for the edge that the config describes. @throws EnrolError, ControlLinkError, TrustError, MemoryError */
export async function enrolWith(
  config: AgentConfig,
  tokenText: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<AgentIdentity> {
  const { identity, trust } = stateFolders(config)
  using client = clientOf(config, clock, await readCa(config), undefined)
  return await enrolAgent(client, { tokenText, name: config.name, identityDirectory: identity, trustDirectory: trust }, signal)
}

/** The token's text from a file, or from `stdin` for `-`. @throws EnrolError TOKEN_UNREADABLE */
export async function readTokenFile(file: string, stdin?: Readable): Promise<string> {
  if (file === '-' && stdin !== undefined) return await text(stdin)
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new EnrolError('TOKEN_UNREADABLE', `Cannot read the enrolment token: ${reason}`, { cause })
  }
}

function clientOf(config: AgentConfig, clock: Clock, ca: string | undefined, identity: AgentIdentity | undefined): ControlClient {
  return createControlClient({
    url: config.control.url,
    timeoutMs: config.control.timeoutMs,
    clock,
    ...(ca === undefined ? {} : { ca }),
    ...(identity === undefined ? {} : { authorize: createRequestSigner(identity, clock) }),
  })
}

async function readCa(config: AgentConfig): Promise<string | undefined> {
  return config.control.caFile === '' ? undefined : await readFile(config.control.caFile, 'utf8')
}
