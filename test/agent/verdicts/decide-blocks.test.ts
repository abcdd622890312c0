import { describe, expect, it } from 'vitest'
import { blocksOfDecisions, decideBlocks, type VerdictPolicy, type VerdictScene } from '../../../agent/verdicts/decide-blocks.ts'
import { createBlockSet } from '../../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import type { Flag } from '../../../rules/reports/flag.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { aFlag } from '../../fakes/fake-watch.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'

const NOW_MS = Date.parse('2024-07-27T03:00:00Z')
const OWN = '20.0.0.1'
const OTHER = '20.0.0.2'
const SHARED = '20.0.0.3'
const STRANGER = '20.9.9.9'

const document = parseAllowDocument(
  revisionBytes({
    entries: [
      anEntry(OWN, { facility: '01234' }),
      anEntry(OTHER, { facility: '05678' }),
      anEntry(SHARED, { facility: '01234' }, { facility: '05678' }),
    ],
  }),
)

function aScene(policy: Partial<VerdictPolicy> = {}, more: Partial<VerdictScene> = {}): VerdictScene {
  return {
    policy: {
      action: 'block-source',
      blockForS: 3600,
      facilityAddresses: 'foreign',
      maxBlocks: 500,
      maxFacilityBlocks: 20,
      ...policy,
    },
    management: createBlockSet([parseBlock('198.18.5.0/24')]),
    document,
    nowMs: NOW_MS,
    ...more,
  }
}

function decideOne(flag: Parameters<typeof aFlag>[0], scene: VerdictScene) {
  const [decision] = decideBlocks([aFlag({ sources: [STRANGER], ...flag })], scene)
  return { blocked: decision?.blocked.map(({ block }) => block), spared: decision?.spared.map(({ why }) => why) }
}

describe('decideBlocks', () => {
  it('never blocks who is protected, such as the control API, not even where every address may be blocked', () => {
    const shield = { protected: createBlockSet([parseBlock('20.9.9.0/24')]) }
    expect(decideOne({}, aScene({ facilityAddresses: 'always' }, shield))).toEqual({ blocked: [], spared: ['protected'] })
  })

  it.each<[VerdictPolicy['facilityAddresses'], string, string | undefined, string]>([
    ['foreign', OWN, 'own-facility', 'the facility is the harvester’s victim as often as not'],
    ['foreign', SHARED, 'own-facility', 'one of the owners is the account’s facility'],
    ['foreign', OTHER, undefined, 'an account used from another facility'],
    ['foreign', STRANGER, undefined, 'nobody’s address'],
    ['never', OTHER, 'approved-address', 'approved for whomever'],
    ['never', STRANGER, undefined, 'nobody’s address'],
    ['always', OWN, undefined, 'central IT said so'],
  ])('facilityAddresses %s, source %s: %s (%s)', (facilityAddresses, source, why) => {
    const { blocked, spared } = decideOne({ sources: [source] }, aScene({ facilityAddresses }))
    expect([blocked, spared]).toEqual(why === undefined ? [[source], []] : [[], [why]])
  })

  it.each<[Partial<Flag>, { policy?: Partial<VerdictPolicy>; more?: Partial<VerdictScene> }, string, string]>([
    [{}, { policy: { action: 'alert' } }, 'alert-only', 'the config only alerts'],
    [{ action: 'watch' }, {}, 'alert-only', 'the flag asks for nothing'],
    [{ sources: ['198.18.5.7'] }, { policy: { facilityAddresses: 'always' } }, 'management', 'administrators are never cut off'],
    [{ sources: ['20.0.0.0/24'] }, {}, 'not-an-address', 'a prefix'],
    [{ sources: ['020.9.9.9'] }, {}, 'not-an-address', 'a text that readers take differently'],
    [{ sources: ['x; drop'] }, {}, 'not-an-address', 'a hostile text'],
    [{ at: '2024-07-27T01:00:00Z' }, {}, 'lapsed', 'an old flag, as after a long pause of watch'],
    [{ until: '2024-07-27T02:59:59Z' }, {}, 'lapsed', 'the action has lapsed by itself'],
    [{ facility: null, sources: [OTHER] }, {}, 'own-facility', 'nobody can say that the address is another’s'],
    [{}, { more: { document: undefined } }, 'no-list', 'nobody can say whose an address is'],
  ])('spares the source of %j with %j: %s (%s)', (flag, { policy, more }, why) => {
    expect(decideOne(flag, aScene(policy, more))).toEqual({ blocked: [], spared: [why] })
  })

  it.each<[string, string | null, number, string]>([
    ['2024-07-27T03:00:00Z', null, 3600_000, 'the limit of the config'],
    ['2024-07-27T02:30:00Z', null, 1800_000, 'counted from the flag, so a restart does not lengthen it'],
    ['2024-07-27T05:00:00Z', null, 3600_000, 'a future that a wrong clock wrote is now'],
    ['2024-07-27T03:00:00Z', '2024-07-27T03:10:00Z', 600_000, 'the action lapses earlier'],
    ['2024-07-27T03:00:00Z', '2024-07-29T03:00:00Z', 3600_000, 'the action lapses later than the config allows'],
  ])('a flag at %s until %s blocks for %i ms: %s', (at, until, ms) => {
    const [decision] = decideBlocks([aFlag({ at, until, sources: [STRANGER] })], aScene())
    expect(decision?.blocked).toMatchObject([{ block: STRANGER, untilMs: NOW_MS + ms }])
  })

  it('blocks no more than the config allows, the oldest flags first', () => {
    const flags = [
      aFlag({ sources: ['20.9.0.1', '20.9.0.2'] }),
      aFlag({ account: '05678_BV', sources: ['20.9.0.2', '20.9.0.3'] }),
    ]
    const decisions = decideBlocks(flags, aScene({ maxBlocks: 2 }))
    expect(blocksOfDecisions(decisions).map(({ block }) => block)).toEqual(['20.9.0.1', '20.9.0.2'])
    expect(decisions[1]?.spared).toEqual([{ source: '20.9.0.3', why: 'limit' }])
  })

  it('blocks no more approved addresses than the config allows, whatever watch says, and strangers all the same', () => {
    const many = parseAllowDocument(
      revisionBytes({ entries: Array.from({ length: 50 }, (_, i) => anEntry(`20.0.1.${i}`, { facility: '05678' })) }),
    )
    const flags = Array.from({ length: 50 }, (_, i) =>
      aFlag({ account: `01234_${i}`, facility: '01234', sources: [`20.0.1.${i}`, `20.9.1.${i}`] }),
    )
    const decisions = decideBlocks(flags, aScene({ maxFacilityBlocks: 3 }, { document: many }))
    const blocked = blocksOfDecisions(decisions).map(({ block }) => block)
    expect(blocked.filter((block) => block.startsWith('20.0.1.'))).toEqual(['20.0.1.0', '20.0.1.1', '20.0.1.2'])
    expect(blocked.filter((block) => block.startsWith('20.9.1.'))).toHaveLength(50)
    expect(decisions[3]?.spared).toEqual([{ source: '20.0.1.3', why: 'facility-limit' }])
  })

  it('keeps the later end where two flags name one source', () => {
    const flags = [
      aFlag({ sources: [STRANGER] }),
      aFlag({ account: '05678_BV', at: '2024-07-27T02:10:00Z', sources: [STRANGER] }),
    ]
    expect(blocksOfDecisions(decideBlocks(flags, aScene()))).toMatchObject([{ untilMs: NOW_MS + 3600_000 }])
  })
})
