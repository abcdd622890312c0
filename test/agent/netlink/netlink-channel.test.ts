import { constants, openSync, readSync, writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openNetlinkChannel } from '../../../agent/netlink/netlink-channel.ts'
import { compileNftSignBatch } from '../../../rules/firewall/compile-nft-sign.ts'
import { makePipe } from '../../support/make-pipe.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const PIPE_BYTES = 64 * 1024

describe('openNetlinkChannel', () => {
  it('gives a transaction that the kernel does not take in time up, and takes no other', async () => {
    const path = `${await temporaryFolder()}/busy`
    await makePipe(path)
    const reader = openSync(path, constants.O_RDWR)
    // Full, as if the kernel were busy: who writes to it waits.
    for (let bytes = 0; bytes < PIPE_BYTES; bytes += 4096) writeSync(reader, Buffer.alloc(4096))
    const channel = openNetlinkChannel(() => openSync(path, constants.O_WRONLY), { timeoutMs: 20 })
    await expect(channel.send(compileNftSignBatch())).rejects.toMatchObject({ code: 'UNANSWERED' })
    await expect(channel.send(compileNftSignBatch())).rejects.toMatchObject({ code: 'NOT_SENT' })
    channel[Symbol.dispose]()
    readSync(reader, Buffer.alloc(PIPE_BYTES))
  })
})
