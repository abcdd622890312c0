import { cpSync, readFileSync, renameSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { formatGrants, grantsDocument } from '../../../rules/grants/grants-document.ts'
import { runGate } from '../../support/gate-edge.ts'
import { DAY_OF_TESTS } from '../../support/gate-states.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const MINUTE_MS = 60_000
const TOKEN = 'abcdefghijklmnop'
const T0 = DAY_OF_TESTS

async function aGateWithGrant() {
  const folder = await temporaryFolder()
  const running = await runGate({ folder, nowMs: T0 })
  onTestFinished(() => running.stop())
  const grant = { token: TOKEN, grantedAtMs: T0, usedAtMs: T0, endsAtMs: T0 + 12 * 60 * MINUTE_MS }
  const bytes = formatGrants(grantsDocument(1, T0, [grant]))
  await running.handOver('grants.json', bytes, (gate) => gate.holder.grants !== undefined)
  return { ...running, folder }
}

it('a look-up goes on counting after watch was killed while central is away, and is told to central then', async () => {
  const { gate, folder } = await aGateWithGrant()
  expect(gate.holder.grants?.use(TOKEN, T0 + 25 * MINUTE_MS)).toBe('live')
  await until('the look-up is remembered', () =>
    readFileSync(`${folder}/state/gate-mark.json`, 'utf8').includes(TOKEN) ? true : undefined,
  )
  // What a killed watch leaves behind.
  const left = await temporaryFolder()
  for (const part of ['ho', 'state']) cpSync(`${folder}/${part}`, `${left}/${part}`, { recursive: true })
  const next = await runGate({ folder: left, nowMs: T0 + 54 * MINUTE_MS })
  onTestFinished(() => next.stop())
  expect(next.gate.holder.grants?.standing(TOKEN, T0 + 55 * MINUTE_MS - 1)).toBe('live')
  expect(next.gate.holder.grants?.standing(TOKEN, T0 + 55 * MINUTE_MS)).toBe('lapsed')
  expect(next.gate.holder.grants?.usesSince(0).uses).toEqual([{ token: TOKEN, usedAtS: T0 / 1000 + 25 * 60 }])
})

it('an ordered stop forgets nothing, and what central knows is not kept', async () => {
  const running = await aGateWithGrant()
  const { gate, folder, handOver } = running
  gate.holder.grants?.use(TOKEN, T0 + 5 * MINUTE_MS)
  const known = { token: TOKEN, grantedAtMs: T0, usedAtMs: T0 + 5 * MINUTE_MS, endsAtMs: T0 + 12 * 60 * MINUTE_MS }
  const bytes = formatGrants(grantsDocument(2, T0 + 5 * MINUTE_MS, [known]))
  await handOver('grants.json', bytes, ({ holder }) => holder.unknownUses().length === 0)
  await running.stop()
  expect(JSON.parse(readFileSync(`${folder}/state/gate-mark.json`, 'utf8'))).toMatchObject({ uses: [] })
})

it('a look-up that the disk had no room for is told as a fault, and remembered once there is room, without another one', async () => {
  const { gate, folder } = await aGateWithGrant()
  const mark = (): string => readFileSync(`${folder}/state/gate-mark.json`, 'utf8')
  await until('the version is remembered', () => mark().includes('"grants":1') || undefined)
  renameSync(`${folder}/state`, `${folder}/away`)
  expect(gate.holder.grants?.use(TOKEN, T0 + MINUTE_MS)).toBe('live')
  const isTold = (): boolean => gate.faults().some(({ code }) => code === 'STATE_UNWRITABLE')
  await until('told', () => isTold() || undefined)
  renameSync(`${folder}/away`, `${folder}/state`)
  await until('remembered', () => mark().includes(TOKEN) || undefined, { deadlineMs: 20_000 })
  await until('well', () => !isTold() || undefined)
})
