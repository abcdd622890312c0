import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { type Proof, proveWith } from '../../../agent/commands/prove.ts'
import { digestOf } from '../../../rules/addresses/block-set-lines.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { summaryOf } from '../../../rules/revisions/revision-summary.ts'
import { createFakeFirewall } from '../../fakes/fake-firewall.ts'
import { createFakeKernel } from '../../fakes/fake-kernel.ts'
import { createFakeMemory } from '../../fakes/fake-memory.ts'
import { labConfig } from '../../support/agent-lab.ts'
import { revisionBytes } from '../../support/allow-lists.ts'
import { aProgram } from '../../support/filter-programs.ts'

const MANAGEMENT = ['198.18.5.0/24']

/** A machine whose kernel holds revision 412 and whose memory does too. */
async function machine() {
  const firewall = createFakeFirewall()
  const kernel = createFakeKernel(firewall)
  const memory = createFakeMemory()
  const bytes = revisionBytes({ revision: 412 })
  const document = parseAllowDocument(bytes)
  await memory.remember(summaryOf(document), bytes, 'shape')
  await firewall.apply(aProgram({ revision: 412, approved: document.approved, manage: MANAGEMENT }))
  return { firewall, kernel, memory }
}

async function prove({ firewall, kernel, memory }: Awaited<ReturnType<typeof machine>>, isJson = false) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const said = Promise.all([text(stdout), text(stderr)])
  const io = { stdin: Readable.from([]), stdout, stderr, signal: new AbortController().signal, env: {} }
  const exitCode = await proveWith({ firewall, reader: kernel.reader, memory }, labConfig(), isJson, io)
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { exitCode, out, err }
}

describe('agent prove', () => {
  it('ends with 0 where memory, rules and elements agree', async () => {
    const { exitCode, out } = await prove(await machine())
    expect(exitCode).toBe(0)
    expect(out).toContain('The kernel holds exactly the signed list of revision 412: 1 blocks.')
  })

  it('gives all three digests as JSON', async () => {
    const parts = await machine()
    const proof = JSON.parse((await prove(parts, true)).out) as Proof
    const digest = digestOf(parts.firewall.program?.approved ?? aProgram().approved)
    expect(proof).toEqual({
      agrees: true,
      revision: 412,
      signedDigest: digest,
      claimedDigest: digest,
      kernelDigest: digest,
      blocks: 1,
      faults: [],
    })
  })

  it.each<[string, (parts: Awaited<ReturnType<typeof machine>>) => void | Promise<void>]>([
    ['the elements are others', ({ kernel }) => kernel.holdOther({ approved: 'f'.repeat(64) })],
    ['the management prefixes are others', ({ kernel }) => kernel.holdOther({ management: 'f'.repeat(64) })],
    ['the memory holds nothing usable', ({ memory }) => memory.spoil('lastGood')],
    [
      'the kernel holds another revision',
      async ({ firewall }) => firewall.apply(aProgram({ revision: 413, manage: MANAGEMENT })),
    ],
  ])('ends with 1 and says so where %s', async (_what, spoil) => {
    const parts = await machine()
    await spoil(parts)
    const { exitCode, out } = await prove(parts)
    expect(exitCode).toBe(1)
    expect(out).toContain('THE KERNEL DOES NOT HOLD THE SIGNED LIST')
  })

  it('ends with 1 where nothing can be read', async () => {
    const parts = await machine()
    parts.firewall.tamper()
    expect(await prove(parts)).toMatchObject({ exitCode: 1, out: '', err: expect.stringContaining('PROOF_UNREADABLE') })
  })
})
