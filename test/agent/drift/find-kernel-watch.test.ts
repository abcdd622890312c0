import { describe, expect, it } from 'vitest'
import { findKernelWatch } from '../../../agent/drift/find-kernel-watch.ts'
import { createOwnChanges } from '../../../agent/drift/own-changes.ts'
import { NetlinkError } from '../../../agent/netlink/netlink-error.ts'
import type { OpenNetlink } from '../../../agent/netlink/open-netlink.ts'
import { createSystemTimers } from '../../../agent/time/system-time.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'

/** Whether an `nft monitor` is started, and what is said then. */
async function listenWith(netlink: OpenNetlink | undefined) {
  const log = createFakeLog()
  const started: string[] = []
  const ending = new AbortController()
  const watch = findKernelWatch({
    netlink,
    log,
    timers: createSystemTimers(),
    own: createOwnChanges(async () => ({ exitCode: 0, stdout: '', stderr: '' })),
    async follow(_file, args) {
      started.push(args.join(' '))
      ending.abort()
      return { exitCode: 0, stderr: '' }
    },
  })
  await watch.listen({ onListening: () => undefined, onForeign: () => undefined, onLost: () => undefined }, ending.signal)
  return { log, started, words: watch.words() }
}

describe('findKernelWatch', () => {
  it('listens through an nft monitor where no socket can be had, and says so', async () => {
    const { started, words } = await listenWith(undefined)
    expect(started).toEqual(['monitor'])
    expect(words).toMatch(/^changes of others are heard through an nft monitor: a netlink socket cannot be opened/)
  })

  it('does so where a socket cannot be opened any more, and tells why', async () => {
    const { started, words, log } = await listenWith(() => {
      throw new NetlinkError('NO_SOCKET', 'Cannot open a netlink socket: setsockopt(2) says EPERM')
    })
    expect(started).toEqual(['monitor'])
    expect(words).toContain('setsockopt(2) says EPERM')
    expect(log.messages('warn')).toHaveLength(1)
  })
})
