import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type FacilitiesDocument, parseFacilities } from '../../rules/facilities/facilities-document.ts'
import { findGateKeys, type GateKeys } from '../../rules/gate/gate-keys.ts'
import { type PolicyDocument, parsePolicy } from '../../rules/gate/policy-document.ts'
import { type GrantsDocument, parseGrants } from '../../rules/grants/grants-document.ts'
import { parseUsers, type UsersDocument } from '../../rules/users/users-document.ts'
import { type BlocksDocument, parseBlocks } from '../../rules/verdicts/blocks-document.ts'
import { EdgeGateError } from './edge-gate-error.ts'

/** Documents of which an older version is never taken again. */
export type VersionedKind = 'policy' | 'users' | 'grants' | 'blocks'
export type Versions = Readonly<Record<VersionedKind, number>>

/** Who takes what the agent hands over. */
export interface HandOverTaker {
  policy(document: PolicyDocument): void
  users(document: UsersDocument): void
  grants(document: GrantsDocument): void
  blocks(document: BlocksDocument): void
  facilities(document: FacilitiesDocument): void
  keys(keys: GateKeys): void
  /** What is wrong with a file now; `undefined`: nothing any more. */
  fault(file: string, fault: EdgeGateError | undefined): void
}

/** The folder in which the agent leaves what it verified. It is only read. */
export interface HandedOver {
  /** Looks which files are others than before, and takes those. Never throws. */
  look(): Promise<void>
  /** The newest version ever taken of each document. */
  versions(): Versions
}

/** The files of the folder. */
export const HANDED_OVER = ['gate.key', 'policy.json', 'users.json', 'grants.json', 'blocks.json', 'facilities.json'] as const
type FileName = (typeof HANDED_OVER)[number]

/** @param taken the versions taken before a restart */
export function createHandedOver(folder: string, taken: Versions, taker: HandOverTaker): HandedOver {
  const newest = { ...taken }
  const seen = new Map<FileName, string>()
  /** Versions in memory: after a restart the newest one is taken from disk again. */
  const held: Partial<Record<VersionedKind, number>> = {}

  function takeVersion<D extends { readonly version: number }>(
    kind: VersionedKind,
    document: D,
    take: (document: D) => void,
  ): void {
    const { version } = document
    if (version < newest[kind])
      throw new EdgeGateError(
        'GATE_DOCUMENT_OLD',
        `Cannot take ${kind} ${version}: version ${newest[kind]} was taken once; ${held[kind] === undefined ? 'none is' : `version ${held[kind]} stays`} in force`,
      )
    if (version === held[kind]) return
    take(document)
    newest[kind] = version
    held[kind] = version
  }

  const take: Readonly<Record<FileName, (bytes: Buffer) => void>> = {
    'policy.json': (bytes) => takeVersion('policy', parsePolicy(bytes), (document) => taker.policy(document)),
    'users.json': (bytes) => takeVersion('users', parseUsers(bytes), (document) => taker.users(document)),
    'grants.json': (bytes) => takeVersion('grants', parseGrants(bytes), (document) => taker.grants(document)),
    'blocks.json': (bytes) => takeVersion('blocks', parseBlocks(bytes), (document) => taker.blocks(document)),
    'facilities.json': (bytes) => taker.facilities(parseFacilities(bytes)),
    'gate.key'(bytes) {
      const keys = findGateKeys(bytes.toString('latin1'))
      if (keys === undefined) throw new EdgeGateError('GATE_KEY_UNUSABLE', 'Cannot use gate.key: it holds no keys of the gates')
      taker.keys(keys)
    },
  }

  async function lookAt(name: FileName): Promise<void> {
    const path = join(folder, name)
    try {
      const { ino, mtimeNs, size } = await stat(path, { bigint: true })
      const mark = `${ino} ${mtimeNs} ${size}`
      if (seen.get(name) === mark) return
      seen.set(name, mark)
      take[name](await readFile(path))
      taker.fault(name, undefined)
    } catch (cause) {
      taker.fault(name, faultOf(name, cause))
      // A file that could not be read is tried again, for new rights leave its times as they were; one that is wrong, when it changes.
      if ((cause as NodeJS.ErrnoException).syscall !== undefined) seen.delete(name)
    }
  }

  return {
    async look() {
      // The key first: what the others say is known by it.
      for (const name of HANDED_OVER) await lookAt(name)
    },
    versions: () => ({ ...newest }),
  }
}

function faultOf(name: FileName, cause: unknown): EdgeGateError | undefined {
  if (cause instanceof EdgeGateError) return cause
  if (isAbsent(cause)) return undefined // What is missed is told by the rules that need it.
  const reason = cause instanceof Error ? cause.message : String(cause)
  const code = name === 'gate.key' ? 'GATE_KEY_UNUSABLE' : 'GATE_DOCUMENT_UNUSABLE'
  return new EdgeGateError(code, `Cannot take ${name}: ${reason}`, { cause })
}

function isAbsent(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
