import { describe, expect, it } from 'vitest'
import { chooseBackend } from '../../../agent/firewall/choose-backend.ts'
import { ProgramError } from '../../../agent/process/program-error.ts'
import type { ProgramResult, RunProgram } from '../../../agent/process/run-program.ts'

type Answer = Partial<ProgramResult> | 'missing'

/** A host on which the program whose name and arguments a pattern fits answers so; the first that fits counts, any other ends well and says nothing. */
function hostWith(answers: readonly (readonly [RegExp, Answer])[]): RunProgram {
  return async (file, args) => {
    const line = [file, ...args].join(' ')
    const answer = answers.find(([pattern]) => pattern.test(line))?.[1] ?? {}
    if (answer === 'missing') throw new ProgramError('NOT_FOUND', `Cannot start ${file}: ENOENT`)
    return { exitCode: 0, stdout: '', stderr: '', ...answer }
  }
}

const NFT_WORKS = [/^nft/, { stdout: '{"nftables":[]}' }] as const
const NO_NFT = [/^nft/, 'missing'] as const
const NO_IPTABLES = [/^ip6?tables/, 'missing'] as const
const failed = (stderr: string): Answer => ({ exitCode: 1, stderr })

describe('chooseBackend: auto', () => {
  it.each<[string, readonly (readonly [RegExp, Answer])[], string, RegExp]>([
    ['nft works', [NFT_WORKS], 'nft', /^$/],
    ['nft works in another way than it should', [[/^nft/, failed('Error: odd')]], 'nft', /^$/],
    ['there is no nft', [NO_NFT], 'ipset', /ENOENT; ipset and iptables are used$/],
    ['the kernel has no nf_tables', [[/^nft/, failed('Error: Operation not supported')]], 'ipset', /not supported.*are used$/],
    [
      'only the older iptables reads both families',
      [NO_NFT, [/^ip6?tables(-nft)?-save/, failed('Protocol not supported')]],
      'ipset',
      /ipset and iptables-legacy are used$/,
    ],
    ['there is neither nft nor iptables', [NO_NFT, NO_IPTABLES], 'dry-run', /ENOENT; .*ENOENT; no packet is judged$/],
    ['there is neither nft nor ipset', [NO_NFT, [/^ipset/, 'missing']], 'dry-run', /start ipset: ENOENT; no packet is judged$/],
    [
      'the right to open raw sockets lacks',
      [NO_NFT, [/-restore /, failed("iptables-restore: Can't open socket to ipset.")]],
      'dry-run',
      /socket to ipset.*no packet is judged$/,
    ],
  ])('where %s', async (_what, answers, backend, reason) => {
    const chosen = await chooseBackend('auto', { run: hostWith(answers), onMisfit: () => undefined })
    expect(chosen.firewall.backend).toBe(backend)
    expect(chosen.reason).toMatch(reason)
  })
})

describe('chooseBackend', () => {
  it.each(['nft', 'ipset', 'dry-run'] as const)('takes %s where the config names it, whatever works', async (wish) => {
    const chosen = await chooseBackend(wish, { run: hostWith([NO_NFT, NO_IPTABLES]), onMisfit: () => undefined })
    expect(chosen.firewall.backend).toBe(wish)
  })

  it('stays with the variant that holds our rules', async () => {
    const ours = { stdout: '*filter\n:EDGEWARD - [0:0]\nCOMMIT\n' }
    const run = hostWith([NO_NFT, [/^ip6?tables-legacy-save/, ours]])
    expect((await chooseBackend('auto', { run, onMisfit: () => undefined })).reason).toMatch(/iptables-legacy are used$/)
  })
})
