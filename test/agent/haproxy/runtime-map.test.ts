import { describe, expect, it } from 'vitest'
import { createRuntimeMap } from '../../../agent/haproxy/runtime-map.ts'
import { createFakeHaproxy } from '../../fakes/fake-haproxy.ts'

const PATH = '/etc/haproxy/edgeward/edgeward-standings.map'
const some = (from: number, count: number, value = 'suspend 1'): Map<string, string> =>
  new Map(Array.from({ length: count }, (_, i) => [`${10_000 + from + i}_BV`, value]))

describe('createRuntimeMap', () => {
  it('replaces what was there before it knew, in one step', async () => {
    const haproxy = createFakeHaproxy({ [PATH]: { old: '1' } })
    await createRuntimeMap(haproxy, PATH).fill(some(0, 1000))
    expect(haproxy.map(PATH)).toEqual(some(0, 1000))
    expect(haproxy.asked.every((line) => Buffer.byteLength(line) < 16_000)).toBe(true)
    expect(haproxy.asked.at(-1)).toBe(`commit map @1 ${PATH}`)
  })

  it('says only what differs afterwards', async () => {
    const haproxy = createFakeHaproxy({ [PATH]: {} })
    const map = createRuntimeMap(haproxy, PATH)
    await map.fill(new Map([...some(0, 3), ['50000_BV', 'throttle 5']]))
    haproxy.asked.length = 0
    const wanted = new Map([...some(1, 4), ['50000_BV', 'suspend 9']])
    await map.fill(wanted)
    expect(haproxy.map(PATH)).toEqual(wanted)
    expect(haproxy.asked).toEqual([
      `add map ${PATH} <<\n10003_BV suspend 1\n10004_BV suspend 1\n`,
      `set map ${PATH} 50000_BV suspend\\ 9;`,
      `del map ${PATH} 10000_BV;`,
    ])
    haproxy.asked.length = 0
    await map.fill(new Map(wanted))
    expect(haproxy.asked).toEqual([])
  })

  it('replaces the whole map after a command that failed, after many changes, and where entries belong together', async () => {
    const haproxy = createFakeHaproxy({ [PATH]: {} })
    const map = createRuntimeMap(haproxy, PATH)
    await map.fill(some(0, 2))
    haproxy.failNext()
    await expect(map.fill(some(0, 3))).rejects.toMatchObject({ code: 'GATE_HAPROXY_AWAY' })
    await map.fill(some(1, 1))
    expect(haproxy.map(PATH)).toEqual(some(1, 1))
    await map.fill(some(0, 5000))
    expect(haproxy.map(PATH)).toEqual(some(0, 5000))
    haproxy.asked.length = 0
    const whole = createRuntimeMap(haproxy, PATH, true)
    await whole.fill(some(0, 2))
    await whole.fill(some(0, 1))
    expect(haproxy.asked.filter((line) => line.startsWith('commit'))).toHaveLength(2)
  })

  it('says that a HAProxy without the map is none of ours', async () => {
    const map = createRuntimeMap(createFakeHaproxy({}), PATH)
    await expect(map.fill(some(0, 1))).rejects.toMatchObject({ code: 'GATE_HAPROXY_REFUSED' })
  })
})
