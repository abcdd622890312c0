import { describe, expect, it } from 'vitest'
import { openNetlinkChannel } from '../../../agent/netlink/netlink-channel.ts'
import { compileNftSignBatch } from '../../../rules/firewall/compile-nft-sign.ts'
import { openBusyPipe } from '../../support/busy-pipe.ts'

describe('openNetlinkChannel', () => {
  it('gives a transaction that the kernel does not take in time up, and takes no other', async () => {
    const { open, drain } = await openBusyPipe()
    const channel = openNetlinkChannel(open, { timeoutMs: 20 })
    await expect(channel.send(compileNftSignBatch())).rejects.toMatchObject({ code: 'UNANSWERED' })
    await expect(channel.send(compileNftSignBatch())).rejects.toMatchObject({ code: 'NOT_SENT' })
    channel[Symbol.dispose]()
    drain()
  })

  it('gives a transaction the time that it is to have', async () => {
    const { open, drain } = await openBusyPipe()
    const channel = openNetlinkChannel(open, { timeoutMs: 3_600_000 })
    await expect(channel.send(compileNftSignBatch(), { timeoutMs: 20 })).rejects.toMatchObject({ code: 'UNANSWERED' })
    channel[Symbol.dispose]()
    drain()
  })
})
