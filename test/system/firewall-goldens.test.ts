import { readFileSync } from 'node:fs'
import t from 'tap'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { readApproved } from '../../agent/firewall/read-approved.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { compileNft } from '../../rules/firewall/compile-nft.ts'
import { GOLDEN_PROGRAMS } from '../rules/firewall/golden-programs.ts'
import { aProgram } from '../support/filter-programs.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'

const FOLDER = new URL('../rules/firewall/golden/', import.meta.url)

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const network = await createTestNetwork({ clients: {} })
  t.teardown(() => network.dispose())
  const { edge } = network
  const run = runInNamespace(edge)

  for (const { name, from, program, refill } of GOLDEN_PROGRAMS) {
    await t.test(`nft takes the golden text of ${name}`, async (t) => {
      const firewall = createNftFirewall({ run })
      await firewall.remove()
      const before = from ?? refill
      if (before !== undefined) await edge.mustRun('nft', ['-f', '-'], { input: compileNft(before) })
      const input = readFileSync(new URL(`${name}.golden.nft`, FOLDER), 'utf8')
      const checked = await edge.run('nft', ['--check', '-f', '-'], { input })
      t.same(checked, { exitCode: 0, stdout: '', stderr: '' }, 'nft --check says nothing')
      t.equal((await firewall.inForce())?.revision, before?.revision, 'nft --check changes nothing')
      await edge.mustRun('nft', ['-f', '-'], { input })
      const { revision, digest, mode } = program
      t.same(await firewall.inForce(), { revision, digest, mode }, 'the table says what is in force')
      t.equal(digestOf(await readApproved(run)), digest, 'the kernel holds what the table says')
    })
  }

  await t.test('a whole program cut off anywhere is refused', async (t) => {
    const whole = [...compileNft(aProgram({ approve: ['20.1.0.1', '20.2.0.0/24', '2400:1::1'], manage: ['10.0.0.0/8'] }))].join(
      '',
    )
    const lines = whole.split('\n')
    const firewall = createNftFirewall({ run })
    await firewall.remove()
    // The head of two lines adds a table and deletes it: nothing. From the brace on there must be a fault.
    for (let count = 0; count < lines.length - 1; count += 1) {
      const { exitCode } = await edge.run('nft', ['-f', '-'], { input: `${lines.slice(0, count).join('\n')}\n` })
      if (count > 3) t.not(exitCode, 0, `${count} of ${lines.length - 1} lines`)
    }
    t.equal((await edge.mustRun('nft', ['list', 'ruleset'])).stdout, '', 'nothing is left of any of them')
  })
}
