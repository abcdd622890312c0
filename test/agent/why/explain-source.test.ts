import { describe, expect, it } from 'vitest'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { settle } from '../../fakes/fake-time.ts'
import { createAgentLab, LAB_START_MS } from '../../support/agent-lab.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'
import { anOpening } from '../../support/an-opening.ts'

const HOSPITAL = '20.0.0.1'
const NEXT_PASS_MS = 6 * 60_000

function aList(revision: number, more: readonly string[] = [], mode: 'observe' | 'enforce' = 'enforce') {
  const owner = { facility: '24001', province: '24', dispatch: '77/BHXH-CNTT' }
  const publishedAt = new Date(LAB_START_MS - 3_600_000).toISOString()
  return revisionBytes({ revision, mode, publishedAt, entries: [anEntry(HOSPITAL, owner), ...more.map((host) => anEntry(host))] })
}

async function aLab(mode: 'observe' | 'enforce' = 'enforce') {
  const lab = createAgentLab()
  lab.source.publish(412, aList(412, [], mode))
  await lab.start()
  return { lab, why: (address: string) => lab.agent.why(parseBlock(address)) }
}

describe('why', () => {
  it('an approved address: by whose approval, its province as of that date, since when', async () => {
    const { lab, why } = await aLab()
    lab.source.publish(413, aList(413, ['20.0.0.2']))
    await lab.time.advance(NEXT_PASS_MS)
    const old = why(HOSPITAL)
    expect(old).toMatchObject({
      isLetIn: true,
      by: 'approved',
      owners: [{ facility: '24001', dispatch: '77/BHXH-CNTT', provinceLabel: 'Bắc Giang (24, to 30/06/2025)' }],
      since: { revision: 412, isExact: false },
    })
    expect(old.words.vi).toContain('công văn 77/BHXH-CNTT')
    expect(why('20.0.0.2').since).toEqual({ revision: 413, isExact: true })
  })

  it.each([
    ['enforce', false, 'bị từ chối'],
    ['observe', true, 'mới chỉ đếm'],
  ] as const)('a stranger in %s', async (mode, isLetIn, words) => {
    const { why } = await aLab(mode)
    const answer = why('20.9.9.9')
    expect(answer).toMatchObject({ isLetIn, by: 'stranger', owners: [], since: null })
    expect(answer.words.vi).toContain(words)
  })

  it('management, an opening and its end, no rules at all', async () => {
    const { lab, why } = await aLab()
    expect(why('198.18.5.7')).toMatchObject({ isLetIn: true, by: 'management' })
    lab.lockout.orders.give(anOpening({ block: '20.0.0.8/29', at: new Date(lab.time.nowMs()).toISOString() }))
    await settle()
    expect(why('20.0.0.9')).toMatchObject({ isLetIn: true, by: 'break-glass', opening: { by: 'root' } })
    await lab.time.advance(61 * 60_000)
    expect(why('20.0.0.9')).toMatchObject({ isLetIn: false, by: 'stranger' })
    expect(createAgentLab().agent.why(parseBlock('20.0.0.9'))).toMatchObject({ isLetIn: true, by: 'no-rules' })
  })
})
