import { type Static, Type } from 'typebox'
import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { covers } from '../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { findHoldings } from '../registrations/find-holdings.ts'
import type { Holding } from '../registrations/holding.ts'
import type { ReportLog } from '../reports/report-log.ts'
import type { Store } from '../store/store.ts'

const orNull = <const T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const instant = Type.String({ format: 'date-time' })

/** Who is refused at the edges, or would be from their date on, and which facility has asked for that address. */
export const Rehearsal = Type.Object(
  {
    edges: Type.Array(
      Type.Object({
        name: Type.String(),
        reportedAt: instant,
        mode: Type.String({ description: '`observe`: its strangers pass so far' }),
        sources: Type.Integer({ description: 'sources that its kernel lists; a report carries the busiest 200' }),
        isFull: Type.Boolean(),
        unlistedPackets: Type.Integer({ description: 'packets of strangers that its list had no room for' }),
      }),
    ),
    sources: Type.Array(
      Type.Object({
        address: Type.String(),
        packets: Type.Integer(),
        edges: Type.Array(Type.String()),
        isRefused: Type.Boolean({ description: 'by one of these edges at least, now; else it would be' }),
        firstAt: orNull(instant),
        lastAt: orNull(instant),
        claims: Type.Array(
          Type.Object({
            registration: Type.Integer(),
            facility: Type.String(),
            facilityName: Type.String(),
            province: Type.String(),
            state: Type.String(),
            effectiveFrom: instant,
          }),
          { description: 'registrations that ask for this address or a block around it' },
        ),
      }),
      { description: 'registered ones first, then by packets' },
    ),
    isCut: Type.Boolean({ description: 'there were more sources than are looked at' }),
  },
  { title: 'Rehearsal' },
)
export type Rehearsal = Static<typeof Rehearsal>
type Source = Rehearsal['sources'][number]

export interface RehearsalQuestion {
  /** Name or id of one edge; all if not given. */
  readonly edge?: string | undefined
  /** Only sources that a facility of this province has asked for. */
  readonly province?: string | undefined
  readonly nowMs: number
}

/** Busiest ones that are looked at. */
const MAX_SOURCES = 20_000

/** From the last report of each edge that is not revoked. */
export async function rehearse(store: Store, reports: ReportLog, question: RehearsalQuestion): Promise<Rehearsal> {
  const { edge, province, nowMs } = question
  const agents = await store.read((db) =>
    db.selectFrom('agent').select(['id', 'name']).where('revoked_at_ms', 'is', null).orderBy('name').execute(),
  )
  const last = await reports.lastOfEach()
  const sources = new Map<Block, Source>()
  const edges: Rehearsal['edges'] = []
  for (const { id, name } of agents.filter((agent) => edge === undefined || agent.id === edge || agent.name === edge)) {
    const stored = last.get(id)
    if (stored === undefined) continue
    const { mode, refused, refusedTotal } = stored.report
    const total = refusedTotal ?? { sources: refused.length, isFull: false, unlistedPackets: 0 }
    edges.push({ name, reportedAt: new Date(stored.receivedAtMs).toISOString(), mode, ...total })
    for (const one of refused) addSource(sources, name, mode === 'enforce', one)
  }
  const busiest = [...sources].sort(([, a], [, b]) => b.packets - a.packets).slice(0, MAX_SOURCES)
  const blocks = busiest.map(([block]) => block)
  const holdings = await store.read((db) => findHoldings(db, blocks, nowMs))
  const claimed = busiest.map(([block, source]): Source => ({ ...source, claims: claimsOf(block, holdings) }))
  const wanted = claimed.filter(({ claims }) => province === undefined || claims.some((claim) => claim.province === province))
  return {
    edges,
    sources: wanted.sort((a, b) => Number(b.claims.length > 0) - Number(a.claims.length > 0) || b.packets - a.packets),
    isCut: sources.size > MAX_SOURCES,
  }
}

interface Told {
  readonly address: string
  readonly packets: number
  readonly firstAt?: string
  readonly lastAt?: string
}

function addSource(sources: Map<Block, Source>, edge: string, isRefused: boolean, told: Told): void {
  const block = findBlock(told.address)
  if (block === undefined) return
  const { packets, firstAt = null, lastAt = null } = told
  const before = sources.get(block)
  sources.set(block, {
    address: block,
    packets: packets + (before?.packets ?? 0),
    edges: [...(before?.edges ?? []), edge],
    isRefused: isRefused || before?.isRefused === true,
    firstAt: outermost(before?.firstAt ?? null, firstAt, (a, b) => a < b),
    lastAt: outermost(before?.lastAt ?? null, lastAt, (a, b) => a > b),
    claims: [],
  })
}

/** An edge may say anything; what is no address is left out. */
export function findBlock(text: string): Block | undefined {
  try {
    return parseBlock(text)
  } catch (error) {
    if (error instanceof AddressError) return undefined
    throw error
  }
}

function outermost(a: string | null, b: string | null, isBetter: (a: number, b: number) => boolean): string | null {
  if (a === null || b === null) return a ?? b
  return isBetter(Date.parse(a), Date.parse(b)) ? a : b
}

function claimsOf(block: Block, holdings: readonly Holding[]): Source['claims'] {
  return holdings
    .filter((holding) => covers(holding.block, block))
    .map(({ id, facility, facilityName, province, state, effectiveFromMs }) => ({
      registration: id,
      facility,
      facilityName,
      province,
      state,
      effectiveFrom: new Date(effectiveFromMs).toISOString(),
    }))
}
