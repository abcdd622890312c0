import t from 'tap'
import { createNftKernelReader } from '../../agent/drift/nft-kernel-reader.ts'
import { createNftKernelWatch } from '../../agent/drift/nft-kernel-watch.ts'
import { createOwnChanges } from '../../agent/drift/own-changes.ts'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import type { FollowProgram } from '../../agent/process/run-program.ts'
import { createSystemTimers } from '../../agent/time/system-time.ts'
import { KERNEL_CONTRACT } from '../contracts/kernel.contract.ts'
import { followInNamespace, runInNamespace } from '../support/namespace-run.ts'
import { netlinkInNamespace } from '../support/netlink-in-namespace.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'

t.setTimeout(120_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const cases = KERNEL_CONTRACT.flatMap((one) => (['nft', 'netlink'] as const).map((way) => ({ ...one, way })))
  for (const { name, run, way } of cases) {
    await t.test(`nft monitor and nft list keep a promise, changes by ${way}: ${name}`, async () => {
      await using network = await createTestNetwork({ clients: {} })
      const { edge } = network
      const own = createOwnChanges(runInNamespace(edge))
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
          netlink: way === 'netlink' ? netlinkInNamespace(edge) : undefined,
          mark: own.mark,
        }),
        watch: createNftKernelWatch({ follow, own, timers: createSystemTimers() }),
        reader: createNftKernelReader(follow),
        async meddle() {
          await edge.mustRun('nft', ['add', 'element', 'inet', 'edgeward', 'host4', '{ 20.9.0.9 }'])
        },
        async changeOther() {
          await edge.mustRun('nft', ['add', 'table', 'ip', 'other'])
        },
        deafen: () => void process.kill(ear, 'SIGKILL'),
      })
    })
  }
}
