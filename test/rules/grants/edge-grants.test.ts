import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EdgeGrants } from '../../../rules/grants/edge-grants.ts'
import { GRANT_IDLE_MS, type Grant } from '../../../rules/grants/grant-life.ts'
import { judgeUse } from '../../../rules/grants/grant-uses.ts'
import { formatGrants, grantsDocument, parseGrants } from '../../../rules/grants/grants-document.ts'

const T0 = Date.UTC(2026, 2, 2, 1)
const MINUTE_MS = 60_000
const TOKEN = 'abcdefghijklmnop'

function aGrant(fields: Partial<Grant> = {}): Grant {
  return { token: TOKEN, grantedAtMs: T0, usedAtMs: T0, endsAtMs: T0 + 12 * 60 * MINUTE_MS, idleMs: GRANT_IDLE_MS, ...fields }
}

function edgeWith(...grants: Grant[]): EdgeGrants {
  const edge = new EdgeGrants()
  edge.take(grantsDocument(1, Math.max(T0, ...grants.map(({ usedAtMs }) => usedAtMs)), grants))
  return edge
}

describe('EdgeGrants', () => {
  it.each<[number, string, string]>([
    [0, 'live', 'at once'],
    [30 * MINUTE_MS - 1, 'live', 'to the last millisecond of the thirty minutes'],
    [30 * MINUTE_MS, 'lapsed', 'not at their end'],
    [-90_000, 'live', 'on an edge whose clock is behind'],
  ])('judges %d ms after the code: %s (%s)', (afterMs, standing) => {
    expect(edgeWith(aGrant()).standing(TOKEN, T0 + afterMs)).toBe(standing)
    expect(edgeWith(aGrant()).standing('p'.repeat(16), T0 + afterMs)).toBe('none')
  })

  it('is renewed by each look-up, until its hard end', () => {
    const edge = edgeWith(aGrant())
    for (let minute = 29; minute < 720; minute += 29) expect(edge.use(TOKEN, T0 + minute * MINUTE_MS)).toBe('live')
    expect(edge.find(TOKEN)).toEqual({ idleEndsMs: T0 + (696 + 30) * MINUTE_MS, endsMs: T0 + 720 * MINUTE_MS })
    expect(edge.use(TOKEN, T0 + 720 * MINUTE_MS)).toBe('lapsed')
  })

  it('lapses after the idle time of the newest document, a shorter one at once', () => {
    const edge = new EdgeGrants()
    edge.take(grantsDocument(1, T0, [aGrant()], 15 * MINUTE_MS))
    expect(edge.use(TOKEN, T0 + 15 * MINUTE_MS - 1)).toBe('live')
    expect(edge.find(TOKEN)?.idleEndsMs).toBe(T0 + 30 * MINUTE_MS - 1)
    edge.take(grantsDocument(2, T0 + 16 * MINUTE_MS, [aGrant()], 5 * MINUTE_MS))
    expect(edge.standing(TOKEN, T0 + 20 * MINUTE_MS - 2)).toBe('live')
    expect(edge.standing(TOKEN, T0 + 20 * MINUTE_MS - 1)).toBe('lapsed')
  })

  it('is renewed neither by asking nor by a look-up that came too late', () => {
    const edge = edgeWith(aGrant())
    expect(edge.standing(TOKEN, T0 + 20 * MINUTE_MS)).toBe('live')
    expect(edge.use(TOKEN, T0 + 31 * MINUTE_MS)).toBe('lapsed')
    expect(edge.use(TOKEN, T0 + 32 * MINUTE_MS)).toBe('lapsed')
    expect(edge.usesSince(0).uses).toEqual([])
  })

  it('goes on by own look-ups while documents come that do not know them, and ends when the document no longer names it', () => {
    const edge = edgeWith(aGrant())
    edge.use(TOKEN, T0 + 25 * MINUTE_MS)
    edge.take(grantsDocument(2, T0 + 26 * MINUTE_MS, [aGrant({ usedAtMs: T0 + 5 * MINUTE_MS })]))
    expect(edge.standing(TOKEN, T0 + 54 * MINUTE_MS)).toBe('live')
    edge.take(grantsDocument(3, T0 + 26 * MINUTE_MS, []))
    expect(edge.standing(TOKEN, T0 + 27 * MINUTE_MS)).toBe('none')
  })

  it('does not lend the look-ups of a grant that was taken back to the next one', () => {
    const edge = edgeWith(aGrant())
    edge.use(TOKEN, T0 + 25 * MINUTE_MS)
    edge.take(
      grantsDocument(2, T0 + 25 * MINUTE_MS, [aGrant({ grantedAtMs: T0 + 20 * MINUTE_MS, usedAtMs: T0 + 20 * MINUTE_MS })]),
    )
    expect(edge.standing(TOKEN, T0 + 49 * MINUTE_MS)).toBe('live')
    expect(edge.standing(TOKEN, T0 + 50 * MINUTE_MS)).toBe('lapsed')
  })

  it('tells each change once, by the second', () => {
    const edge = edgeWith(aGrant(), aGrant({ token: 'b'.repeat(16) }))
    const first = edge.usesSince(0)
    expect(first).toEqual({ uses: [], change: 0 })
    for (const ms of [1000, 1200, 1900]) edge.use(TOKEN, T0 + ms)
    const second = edge.usesSince(first.change)
    expect(second).toEqual({ uses: [{ token: TOKEN, usedAtS: T0 / 1000 + 1 }], change: 1 })
    expect(edge.usesSince(second.change).uses).toEqual([])
    edge.use('b'.repeat(16), T0 + 3000)
    expect(edge.usesSince(second.change).uses).toEqual([{ token: 'b'.repeat(16), usedAtS: T0 / 1000 + 3 }])
    expect(edge.usesSince(99).uses).toHaveLength(2)
  })
})

describe('what an edge remembers', () => {
  it('is the uses that central does not know, and they count after a restart and are told again', () => {
    const edge = edgeWith(aGrant(), aGrant({ token: 'b'.repeat(16) }))
    edge.use(TOKEN, T0 + 25 * MINUTE_MS + 123)
    const kept = edge.unknownUses()
    expect(kept).toEqual([{ token: TOKEN, usedAtMs: T0 + 25 * MINUTE_MS + 123 }])
    const next = new EdgeGrants(1000)
    next.remember(kept)
    expect(next.unknownUses()).toEqual(kept)
    next.take(grantsDocument(2, T0, [aGrant()]))
    expect(next.standing(TOKEN, T0 + 54 * MINUTE_MS)).toBe('live')
    expect(next.usesSince(1000).uses).toEqual([{ token: TOKEN, usedAtS: T0 / 1000 + 25 * 60 }])
    next.take(grantsDocument(3, T0 + 26 * MINUTE_MS, [aGrant({ usedAtMs: T0 + 25 * MINUTE_MS })]))
    expect(next.unknownUses()).toEqual([])
  })

  it('brings nothing back that was taken back or given anew meanwhile', () => {
    const next = new EdgeGrants()
    next.remember([{ token: TOKEN, usedAtMs: T0 + 10 * MINUTE_MS }])
    next.take(grantsDocument(2, T0, []))
    expect([next.standing(TOKEN, T0 + 11 * MINUTE_MS), next.unknownUses()]).toEqual(['none', []])
    const other = new EdgeGrants()
    other.remember([{ token: TOKEN, usedAtMs: T0 + 10 * MINUTE_MS }])
    const fresh = aGrant({ grantedAtMs: T0 + 20 * MINUTE_MS, usedAtMs: T0 + 20 * MINUTE_MS })
    other.take(grantsDocument(2, T0 + 20 * MINUTE_MS, [fresh]))
    expect(other.usesSince(0).uses).toEqual([])
  })

  it('is told again where a document that should know it does not', () => {
    const edge = edgeWith(aGrant())
    edge.use(TOKEN, T0 + 10_000)
    const told = edge.usesSince(0).change
    edge.take(grantsDocument(2, T0 + 9000, [aGrant()]))
    expect(edge.usesSince(told).uses).toEqual([])
    edge.take(grantsDocument(3, T0 + 12_000, [aGrant()]))
    expect(edge.usesSince(told).uses).toEqual([{ token: TOKEN, usedAtS: T0 / 1000 + 10 }])
  })
})

describe('judgeUse', () => {
  const grant = aGrant({ usedAtMs: T0 + 10 * MINUTE_MS })
  it.each<[number, number, string, number, string]>([
    [11 * MINUTE_MS, 0, 'renewed', 11 * MINUTE_MS, 'a later look-up'],
    [10 * MINUTE_MS, 0, 'late', 10 * MINUTE_MS, 'one that is known'],
    [-5 * MINUTE_MS, 0, 'late', 10 * MINUTE_MS, 'one from before the grant'],
    [12 * MINUTE_MS + 1500, 0, 'renewed', 12 * MINUTE_MS, 'one that is a second ahead counts as now'],
    [40 * MINUTE_MS, 0, 'future', 10 * MINUTE_MS, 'one of the future renews nothing'],
    [11 * MINUTE_MS, 50_000, 'renewed', 11 * MINUTE_MS + 50_000, 'the clock of the edge is behind'],
    [12 * MINUTE_MS + 50_000, -50_000, 'renewed', 12 * MINUTE_MS, 'the clock of the edge runs ahead'],
  ])('a use %d ms after the grant, clocks differing by %d ms: %s', (usedMs, offsetMs, fate, knownMs) => {
    const judged = judgeUse(grant, T0 + usedMs, { nowMs: T0 + 12 * MINUTE_MS, offsetMs })
    expect(judged).toEqual({ fate, grant: { ...grant, usedAtMs: T0 + knownMs } })
  })

  it('renews nothing past the hard end, and believes an edge that let pass what looked lapsed here', () => {
    const nowMs = T0 + 800 * MINUTE_MS
    expect(judgeUse(grant, T0 + 720 * MINUTE_MS, { nowMs, offsetMs: 0 }).fate).toBe('over')
    expect(judgeUse(grant, T0 + 100 * MINUTE_MS, { nowMs, offsetMs: 0 }).fate).toBe('renewed')
  })
})

/** A world of seconds: what happens, and when each edge and central come to know. */
const EDGES = 3
const aStory = fc.record({
  /** Look-ups tried: second and edge. */
  looks: fc.array(fc.record({ atS: fc.integer({ min: 0, max: 9000 }), edge: fc.nat(EDGES - 1) }), { maxLength: 25 }),
  endS: fc.integer({ min: 600, max: 9000 }),
  /** How long a use takes to central, a signature, and a document to an edge: five seconds together at most. */
  delays: fc.record({ post: fc.nat(1), sign: fc.nat(2), pull: fc.nat(2) }),
  revokeS: fc.option(fc.integer({ min: 0, max: 9000 }), { nil: undefined }),
})

describe('all edges together', () => {
  it('judge as one who sees everything, but for the five seconds that news may travel', () => {
    fc.assert(
      fc.property(aStory, ({ looks, endS, delays, revokeS }) => {
        const edges = Array.from({ length: EDGES }, () => new EdgeGrants())
        let central: Grant | undefined = aGrant({ endsAtMs: T0 + endS * 1000 })
        const due: { readonly atS: number; readonly run: () => void }[] = []
        const later = (atS: number, run: () => void) => due.push({ atS, run })
        let version = 0
        const publish = (nowS: number) => {
          const bytes = formatGrants(grantsDocument(++version, T0 + nowS * 1000, central === undefined ? [] : [central]))
          later(nowS + delays.pull, () => {
            for (const edge of edges) edge.take(parseGrants(bytes))
          })
        }
        for (const edge of edges) edge.take(grantsDocument(++version, T0, [central]))
        if (revokeS !== undefined)
          later(revokeS, () => {
            central = undefined
            publish(revokeS)
          })

        // The oracle keeps every look-up that was allowed, and knows each at once.
        const seen: number[] = [0]
        const changes = edges.map(() => 0)
        for (const look of [...looks].sort((one, other) => one.atS - other.atS)) {
          for (;;) {
            const next = due.filter(({ atS }) => atS <= look.atS).sort((one, other) => one.atS - other.atS)[0]
            if (next === undefined) break
            due.splice(due.indexOf(next), 1)
            next.run()
          }
          const edge = edges[look.edge] as EdgeGrants
          const answer = edge.use(TOKEN, T0 + look.atS * 1000)
          const before = seen.filter((atS) => atS <= look.atS)
          const isTrue = (knownUntilS: number) =>
            before.some((atS) => atS <= knownUntilS && look.atS < atS + GRANT_IDLE_MS / 1000) && look.atS < endS
          const isRevoked = revokeS !== undefined && look.atS >= revokeS
          // Allowed only where the last look-up of all is young enough; refused only where it was not known five seconds ago.
          if (answer === 'live') expect(isTrue(look.atS) && (!isRevoked || look.atS < (revokeS ?? 0) + 5)).toBe(true)
          else expect(isTrue(look.atS - 5) && !isRevoked).toBe(false)
          if (answer !== 'live') continue
          seen.push(look.atS)
          const { uses, change } = edge.usesSince(changes[look.edge] ?? 0)
          changes[look.edge] = change
          later(look.atS + delays.post, () => {
            for (const { usedAtS } of uses) {
              if (central === undefined) continue
              central = judgeUse(central, usedAtS * 1000, { nowMs: T0 + (look.atS + delays.post) * 1000, offsetMs: 0 }).grant
              const signS = look.atS + delays.post + delays.sign
              later(signS, () => publish(signS))
            }
          })
        }
      }),
      { seed: 1232, numRuns: 400 },
    )
  })
})
