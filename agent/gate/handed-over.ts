import { MAX_SIDE_BYTES, type SideKind } from '../../rules/documents/side-kind.ts'
import { MAX_FACILITIES_BYTES, parseFacilities } from '../../rules/facilities/facilities-document.ts'
import type { GateExemptions } from '../../rules/gate/exemptions.ts'
import { findGateKeys, type GateKeys } from '../../rules/gate/gate-keys.ts'
import type { Standing } from '../../rules/gate/gate-state.ts'
import { type PolicyDocument, parsePolicy } from '../../rules/gate/policy-document.ts'
import type { GrantsPiece } from '../../rules/grants/edge-grants.ts'
import type { Grant } from '../../rules/grants/grant-life.ts'
import { grantOf, parseGrants } from '../../rules/grants/grants-document.ts'
import { parseUsers, type UsersDocument } from '../../rules/users/users-document.ts'
import { parseBlocks } from '../../rules/verdicts/blocks-document.ts'
import { type ChangedEntries, createChangeFinder } from './changed-entries.ts'
import { EdgeGateError } from './edge-gate-error.ts'
import { type PackedPlaces, packPlaces } from './facility-places.ts'
import { type FoundFile, HANDED_OVER, type HandOverFile, type HandOverFiles } from './hand-over-files.ts'

/** Documents of which an older version is never taken again. */
export type Versions = Readonly<Record<SideKind, number>>

/** A verdict over all edges, by the token of the edges. */
export interface TokenStanding extends Standing {
  readonly token: string
}

/** Who takes what the agent hands over. What is long comes as what has changed, or in memory that is taken as it lies there: a request waits meanwhile. */
export interface HandOverTaker {
  /** @param exemptions those of the document, where they were taken in before */
  policy(document: PolicyDocument, exemptions?: GateExemptions): void
  /** @param bytes of the document, which do not change */
  users(document: UsersDocument, bytes: Uint8Array): void
  grants(piece: GrantsPiece, publishedAt: string): void
  verdicts(changed: ChangedEntries<TokenStanding>, publishedAt: string): void
  facilities(places: PackedPlaces): void
  keys(keys: GateKeys): void
  /** What is wrong with a file now; `undefined`: nothing any more. */
  fault(file: string, fault: EdgeGateError | undefined): void
}

/** The folder in which the agent leaves what it verified. It is only read. */
export interface HandedOver extends AsyncDisposable {
  /** Looks which files are others than before, and takes those. Never throws. */
  look(): Promise<void>
  /** The newest version ever taken of each document. */
  versions(): Versions
}

/** Two keys of 64 digits and their line feeds. */
const MAX_KEY_BYTES = 130

const MOST_BYTES: Readonly<Record<HandOverFile, number>> = {
  'gate.key': MAX_KEY_BYTES,
  'policy.json': MAX_SIDE_BYTES.policy,
  'users.json': MAX_SIDE_BYTES.users,
  'grants.json': MAX_SIDE_BYTES.grants,
  'blocks.json': MAX_SIDE_BYTES.blocks,
  'facilities.json': MAX_FACILITIES_BYTES,
}

/** @param taken the versions taken before a restart */
export function createHandedOver(files: HandOverFiles, taken: Versions, taker: HandOverTaker): HandedOver {
  const newest = { ...taken }
  const seen = new Map<HandOverFile, string>()
  /** Versions in memory: after a restart the newest one is taken from disk again. */
  const held: Partial<Record<SideKind, number>> = {}
  const hasTaken = new Set<HandOverFile>()
  const changedGrants = createChangeFinder<Grant>()
  const changedVerdicts = createChangeFinder<TokenStanding>()

  function takeVersion<D extends { readonly version: number }>(kind: SideKind, document: D, take: (document: D) => void): void {
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

  const take: Readonly<Record<HandOverFile, (bytes: Buffer) => void>> = {
    'policy.json': (bytes) => takeVersion('policy', parsePolicy(bytes), (document) => taker.policy(document)),
    'users.json': (bytes) => takeVersion('users', parseUsers(bytes), (document) => taker.users(document, bytes)),
    'grants.json': (bytes) =>
      takeVersion('grants', parseGrants(bytes), (document) =>
        taker.grants(
          { ...changedGrants(document.grants.map((entry) => grantOf(entry, document))), isFirst: true, isLast: true },
          document.publishedAt,
        ),
      ),
    'blocks.json': (bytes) =>
      takeVersion('blocks', parseBlocks(bytes), ({ verdicts, publishedAt }) => {
        const standings = verdicts.map(({ token, action, until }) => ({ token, action, untilMs: Date.parse(until) }))
        taker.verdicts(changedVerdicts(standings), publishedAt)
      }),
    'facilities.json': (bytes) => taker.facilities(packPlaces(parseFacilities(bytes))),
    'gate.key'(bytes) {
      const keys = findGateKeys(bytes.toString('latin1'))
      if (keys === undefined)
        throw new EdgeGateError(
          'GATE_KEY_UNUSABLE',
          'Cannot use gate.key: it holds no keys of the gates; take it away, and the agent writes it again',
        )
      taker.keys(keys)
    },
  }

  async function takeFile(name: HandOverFile, file: FoundFile): Promise<void> {
    if (seen.get(name) === file.mark) return
    seen.set(name, file.mark)
    if (file.refusal !== undefined) throw new Error(`${file.refusal}; take it away`)
    if (file.bytes > MOST_BYTES[name]) throw new Error(`it has ${file.bytes} bytes, the limit is ${MOST_BYTES[name]}`)
    take[name](await file.read())
    hasTaken.add(name)
    const isBetrayed = name === 'gate.key' && file.isOpen
    const words =
      'gate.key can be read by everybody on this host, who can tell accounts by it; it is used all the same: chmod 0640, or take it away and the agent writes it again'
    taker.fault(name, isBetrayed ? new EdgeGateError('GATE_KEY_OPEN', words) : undefined)
  }

  async function lookAt(name: HandOverFile): Promise<void> {
    try {
      const isThere = (await files.look(name, (file) => takeFile(name, file).then(() => true))) ?? false
      if (!isThere) noteAbsent(name)
    } catch (cause) {
      taker.fault(name, faultOf(name, cause))
      // A file that could not be read is tried again, for what hinders may leave its times as they were; one that is wrong, when it changes.
      if ((cause as NodeJS.ErrnoException).syscall !== undefined) seen.delete(name)
    }
  }

  /** What was never there is told by the rules that need it. */
  function noteAbsent(name: HandOverFile): void {
    seen.delete(name)
    const words = `${name} was taken and is no longer there: what it said holds until watch ends. See that the agent runs, and may write into the folder`
    taker.fault(name, hasTaken.has(name) ? new EdgeGateError('GATE_DOCUMENT_GONE', words) : undefined)
  }

  return {
    async look() {
      // The key first: what the others say is known by it.
      for (const name of HANDED_OVER) await lookAt(name)
    },
    versions: () => ({ ...newest }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function faultOf(name: HandOverFile, cause: unknown): EdgeGateError {
  if (cause instanceof EdgeGateError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const code = name === 'gate.key' ? 'GATE_KEY_UNUSABLE' : 'GATE_DOCUMENT_UNUSABLE'
  return new EdgeGateError(code, `Cannot take ${name}: ${reason}; ${whatToDo(cause)}`, { cause })
}

function whatToDo(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM') return 'it must be 0640 and of the group that the agent shares with watch'
  return 'what was taken before holds; the agent writes it again at its next start, or when central signs a newer one'
}
