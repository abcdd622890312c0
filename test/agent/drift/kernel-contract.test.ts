import { describe, it } from 'vitest'
import { KERNEL_CONTRACT } from '../../contracts/kernel.contract.ts'
import { createFakeFirewall } from '../../fakes/fake-firewall.ts'
import { createFakeKernel, MEDDLER } from '../../fakes/fake-kernel.ts'

describe('createFakeKernel keeps the promises of a kernel that is listened to and read', () => {
  it.each(KERNEL_CONTRACT)('$name', async ({ run }) => {
    const firewall = createFakeFirewall()
    const kernel = createFakeKernel(firewall)
    await run({
      firewall,
      watch: kernel.watch,
      reader: kernel.reader,
      async meddle() {
        kernel.meddle([{ verb: 'add', object: 'element', name: 'host4' }], MEDDLER, () =>
          kernel.holdOther({ approved: 'f'.repeat(64) }),
        )
      },
      changeOther: async () => kernel.meddle([]),
      deafen: () => kernel.breakListeners(false),
    })
  })
})
