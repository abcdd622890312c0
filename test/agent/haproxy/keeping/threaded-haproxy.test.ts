import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'
import type { HostData } from '../../../../agent/haproxy/keeping/haproxy-host.ts'
import { createThreadedHaproxy } from '../../../../agent/haproxy/keeping/threaded-haproxy.ts'
import { createSystemTimers } from '../../../../agent/time/system-time.ts'
import { DEFAULT_GATE_POLICY } from '../../../../rules/gate/policy-options.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const THREAD = new URL('../../../../agent/haproxy/keeping/main.ts', import.meta.url)

it('tells what its thread tells, and starts another one with what holds then where it has died', async () => {
  const dir = await temporaryFolder()
  const started: { worker: Worker; flags: number }[] = []
  let live = 0
  const makeData = (): HostData => ({
    dir,
    socket: `${dir}/none.sock`,
    maps: dir,
    fallback: DEFAULT_GATE_POLICY,
    strongest: 'enforce',
    maskingKey: new Uint8Array(32),
    tallyKey: undefined,
    mark: {
      format: 'edgeward-gate-mark/1',
      markMs: 1,
      signedMs: 0,
      versions: { policy: 0, users: 0, grants: 0, blocks: 0 },
      uses: [],
    },
    flags: Array.from({ length: live }, () => ({}) as HostData['flags'][number]),
    nowMs: 1,
  })
  const haproxy = createThreadedHaproxy(makeData, {
    timers: createSystemTimers(),
    startThread(workerData) {
      const worker = new Worker(THREAD, { workerData })
      started.push({ worker, flags: workerData.flags.length })
      return worker
    },
  })
  onTestFinished(() => haproxy[Symbol.asyncDispose]())
  const order = { nowMs: 2, flags: [], uses: [] }
  expect(await haproxy.pass(order)).toMatchObject({
    fault: { code: 'GATE_HAPROXY_AWAY', message: expect.stringContaining('none.sock') },
    decisions: [],
  })
  const passing = haproxy.pass(order)
  await started[0]?.worker.terminate()
  await passing
  live = 2
  await haproxy.pass(order)
  expect(await haproxy.pass(order)).toMatchObject({ fault: { message: expect.stringContaining('none.sock') } })
  expect(started.map(({ flags }) => flags)).toContain(2)
})
