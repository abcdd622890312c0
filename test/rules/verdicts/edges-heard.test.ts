import { describe, expect, it } from 'vitest'
import { EdgesHeard } from '../../../rules/verdicts/edges-heard.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const START = Date.parse('2026-03-02T00:00:00+07:00')

/** Two edges that speak every five minutes from the start to before `hours`, but for the minutes in which one is silent. */
function heard(hours: number, isSilent: (edge: string, minute: number) => boolean = () => false): EdgesHeard {
  const edges = new EdgesHeard()
  for (let minute = 0; minute < hours * 60; minute += 5) {
    const nowMs = START + minute * MINUTE_MS
    for (const edge of ['a', 'b']) if (!isSilent(edge, minute)) edges.hear(edge, nowMs)
    edges.look(nowMs, false)
  }
  return edges
}

function wholeHours(edges: EdgesHeard, hours: number): number[] {
  return Array.from({ length: hours }, (_, hour) => hour).filter((hour) => edges.wereAllHeard(START + hour * HOUR_MS))
}

describe('EdgesHeard', () => {
  it('calls hours whole in which all edges were heard, from the first full one on', () => {
    expect(wholeHours(heard(4), 4)).toEqual([0, 1, 2, 3])
    expect(
      wholeHours(
        heard(4, (_, minute) => minute < 30),
        4,
      ),
    ).toEqual([1, 2, 3])
  })

  it('leaves out the hours in which one was silent for long, and no others', () => {
    expect(
      wholeHours(
        heard(6, (edge, minute) => edge === 'b' && minute > 130 && minute < 190),
        6,
      ),
    ).toEqual([0, 1, 4, 5])
    expect(
      wholeHours(
        heard(6, (edge, minute) => edge === 'b' && minute > 130 && minute < 142),
        6,
      ),
    ).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('forgets an edge that is gone for a day', () => {
    expect(
      wholeHours(
        heard(30, (edge, minute) => edge === 'b' && minute > 60),
        30,
      ),
    ).toEqual([0, 26, 27, 28, 29])
  })

  it('leaves out hours in which nobody looked, or something found no room', () => {
    const edges = heard(2)
    for (const minute of [200, 240, 245, 250, 255, 300, 305]) {
      edges.hear('a', START + minute * MINUTE_MS)
      edges.hear('b', START + minute * MINUTE_MS)
      edges.look(START + minute * MINUTE_MS, minute === 305)
    }
    expect(wholeHours(edges, 6)).toEqual([0])
  })
})
