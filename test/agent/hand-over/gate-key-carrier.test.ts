import { expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { createGateKeyCarrier } from '../../../agent/hand-over/gate-key-carrier.ts'
import { createStatusBoard } from '../../../agent/status/status-board.ts'
import { findGateKeys, gateKeyId } from '../../../rules/gate/gate-keys.ts'
import { createFakeHandOver } from '../../fakes/fake-hand-over.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

const NEVER = new AbortController().signal
const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

function scene() {
  const clock = createMovableClock(1_000_000_000)
  const handOver = createFakeHandOver()
  const identity = { name: 'edge-1', agentVersion: '0', localHold: false, backend: { name: 'nft', reason: '' } }
  const board = createStatusBoard(identity, clock)
  const log = createFakeLog()
  const state: { asked: number; answer: Buffer | Error } = { asked: 0, answer: answerOf(first) }
  const client = {
    async fetchBytes() {
      state.asked += 1
      if (state.answer instanceof Error) throw state.answer
      return state.answer
    },
  }
  const carrier = createGateKeyCarrier({ handOver, board, clock, log })
  return {
    clock,
    handOver,
    log,
    state,
    carry: (wanted: readonly Buffer[] = []) => carrier.carry(client, wanted.map(gateKeyId), NEVER),
    keys: () => findGateKeys(handOver.files.get('gate.key')?.toString() ?? ''),
    faults: () => board.read().faults.map(({ code }) => code),
  }
}

const answerOf = (...keys: Buffer[]): Buffer => Buffer.from(JSON.stringify({ keys: keys.map((key) => key.toString('hex')) }))

it('keys of the gate are fetched once, again each hour, and at once where the users document names another', async () => {
  const { carry, keys, state, clock, handOver } = scene()
  await carry()
  await carry([first])
  expect([keys(), state.asked]).toEqual([[first], 1])
  clock.moveBy(60_000)
  state.answer = answerOf(second, first)
  await carry([second, first])
  expect([keys(), state.asked]).toEqual([[second, first], 2])
  clock.moveBy(3_600_000)
  await carry([second])
  expect([state.asked, handOver.puts.length]).toEqual([3, 2])
})

it('what cannot be had is a fault, tried again after a minute; no key is ever told', async () => {
  const { carry, state, clock, faults, log, keys, handOver } = scene()
  state.answer = Buffer.from('{"keys":["secret"]}')
  await carry()
  expect(faults()).toEqual(['CONTROL_ANSWER'])
  await carry()
  expect(state.asked).toBe(1)
  clock.moveBy(60_000)
  state.answer = new ControlLinkError('CONTROL_UNREACHABLE', 'away')
  await carry()
  expect(faults()).toEqual(['CONTROL_UNREACHABLE'])
  clock.moveBy(60_000)
  state.answer = answerOf(first)
  await carry()
  expect([faults(), keys()]).toEqual([[], [first]])
  expect(JSON.stringify(log)).not.toMatch(/secret|0101010101/)
  handOver.setThere(false)
  clock.moveBy(7_200_000)
  await carry()
  expect(state.asked).toBe(3)
})
