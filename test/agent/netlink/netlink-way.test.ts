import { describe, expect, it } from 'vitest'
import { NetlinkError } from '../../../agent/netlink/netlink-error.ts'
import { findNetlinkWay } from '../../../agent/netlink/netlink-way.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'

describe('findNetlinkWay', () => {
  it('says that changes go straight to the kernel, until they no longer do', async () => {
    const log = createFakeLog()
    const way = await findNetlinkWay(log, async () => () => 7)
    expect(way.netlink?.('changes')).toBe(7)
    expect(way.words()).toBe('small changes go straight to the kernel, without an nft')
    way.onGivenUp('the kernel says EINVAL to message 3')
    expect(way.words()).toBe('every change starts an nft: the kernel says EINVAL to message 3')
    expect(log.lines).toHaveLength(1)
  })

  it('goes on without a socket where none can be opened, and says why', async () => {
    const way = await findNetlinkWay(createFakeLog(), async () => {
      throw new NetlinkError('NO_SOCKET', 'koffi could not be loaded')
    })
    expect(way.netlink).toBeUndefined()
    expect(way.words()).toMatch(/^every change starts an nft: koffi/)
  })
})
