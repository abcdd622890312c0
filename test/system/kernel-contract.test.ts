import t from 'tap'
import type { KernelChange } from '../../agent/drift/kernel-change.ts'
import { createNetlinkKernelWatch } from '../../agent/drift/netlink-kernel-watch.ts'
import { createNftKernelReader } from '../../agent/drift/nft-kernel-reader.ts'
import { createNftKernelWatch } from '../../agent/drift/nft-kernel-watch.ts'
import { createOwnChanges } from '../../agent/drift/own-changes.ts'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import type { FollowProgram } from '../../agent/process/run-program.ts'
import { createSystemTimers } from '../../agent/time/system-time.ts'
import { KERNEL_CONTRACT } from '../contracts/kernel.contract.ts'
import { aProgram } from '../support/filter-programs.ts'
import { followInNamespace, runInNamespace } from '../support/namespace-run.ts'
import { netlinkInNamespace } from '../support/netlink-in-namespace.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'
import { until } from '../support/until.ts'

t.setTimeout(120_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const ways = ['nft', 'netlink'] as const
  const cases = KERNEL_CONTRACT.flatMap((one) => ways.flatMap((way) => ways.map((by) => ({ ...one, way, by }))))
  for (const { name, run, way, by } of cases) {
    await t.test(`heard by ${by === 'nft' ? 'nft monitor' : by}, changed by ${way}, read by nft list: ${name}`, async () => {
      await using network = await createTestNetwork({ clients: {} })
      const { edge } = network
      const own = createOwnChanges(runInNamespace(edge))
      const timers = createSystemTimers()
      const netlink = netlinkInNamespace(edge)
      let ear = 0
      const plain = followInNamespace(edge)
      const follow: FollowProgram = (file, args, options) =>
        plain(file, args, {
          ...options,
          onStart(pid) {
            if (args.includes('monitor')) ear = pid
          },
        })
      await run({
        firewall: createNftFirewall({
          run: own.run,
          netlink: way === 'netlink' ? netlink : undefined,
          mark: own.mark,
        }),
        watch:
          by === 'nft' ? createNftKernelWatch({ follow, own, timers }) : createNetlinkKernelWatch({ open: netlink, own, timers }),
        reader: createNftKernelReader(follow),
        async meddle() {
          await edge.mustRun('nft', ['add', 'element', 'inet', 'edgeward', 'host4', '{ 20.9.0.9 }'])
        },
        async changeOther() {
          await edge.mustRun('nft', ['add', 'table', 'ip', 'other'])
        },
        deafen: () => (by === 'nft' ? void process.kill(ear, 'SIGKILL') : netlink.deafen()),
      })
    })
  }

  await t.test('heard by netlink: what the socket cannot hold is told to be lost, and what comes after is heard', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const { edge } = network
    const run = runInNamespace(edge)
    await createNftFirewall({ run }).apply(aProgram({ approve: ['20.1.0.1'] }))
    const watch = createNetlinkKernelWatch({
      open: netlinkInNamespace(edge, { eventBufferBytes: 1 }),
      own: createOwnChanges(run),
      timers: createSystemTimers(),
    })
    const ending = new AbortController()
    const foreign: KernelChange[] = []
    let lost = 0
    let isListening = false
    const ended = watch.listen(
      {
        onListening() {
          isListening = true
        },
        onForeign: (change) => void foreign.push(change),
        onLost() {
          lost += 1
        },
      },
      ending.signal,
    )
    await until('it listens', () => isListening || undefined)
    const many = Array.from({ length: 30_000 }, (_, i) => `20.9.${i >> 8}.${i & 255}`)
    const input = `add element inet edgeward host4 { ${many.join(', ')} }\n`
    await edge.mustRun('nft', ['-f', '-'], { input })
    await until('the loss is told of', () => lost > 0 || undefined)
    await until('a change after it is heard', async () => {
      await edge.mustRun('nft', ['flush', 'chain', 'inet', 'edgeward', 'refuse'])
      return foreign.some(({ touches }) => touches.some(({ name }) => name === 'refuse')) || undefined
    })
    ending.abort()
    t.equal(await ended, undefined)
  })
}
