import { describe, expect, it } from 'vitest'
import { createNftFirewall } from '../../../agent/firewall/nft-firewall.ts'
import { ProgramError } from '../../../agent/process/program-error.ts'
import type { RunProgram } from '../../../agent/process/run-program.ts'
import { aboutText, findAbout, stateChain } from '../../../rules/firewall/about.ts'
import type { FilterProgram } from '../../../rules/firewall/program.ts'
import { openBusyPipe } from '../../support/busy-pipe.ts'
import { aProgram } from '../../support/filter-programs.ts'

function stateOf(about: string): string {
  const found = findAbout(about)
  return found === undefined ? '' : stateChain(found)
}

/** The part of nft that the firewall talks to: remembers the last program's comment and says what it was given. */
function createScriptedNft() {
  const loaded: string[] = []
  const checked: string[] = []
  const failures: (() => never | { stderr: string })[] = []
  let about = ''
  let shape = 'plain'
  let standing: readonly object[] = []
  const names = (kind: string, list: string) =>
    list.split(' ').map((name) => ({ [kind]: { family: 'inet', table: 'edgeward', name } }))
  const run: RunProgram = async (_file, args, options = {}) => {
    if (args.includes('list')) {
      const table = [
        ...names('set', 'host4 host6 net4 net6 mgmt4 mgmt6 open4 open6 block4 block6 seen4 seen6'),
        ...names('chain', `about guard judge judge4 judge6 refuse ${stateOf(about)}`),
        { chain: { family: 'inet', table: 'edgeward', name: 'input', hook: 'input', handle: loaded.length, policy: shape } },
        { rule: { family: 'inet', table: 'edgeward', chain: 'about', comment: about } },
        ...standing,
      ]
      return { exitCode: 0, stdout: JSON.stringify({ nftables: about === '' ? [] : table }), stderr: '' }
    }
    const text = [...(options.input as Iterable<string>)].join('')
    const failed = failures.shift()?.()
    if (failed !== undefined) return { exitCode: 1, stdout: '', ...failed }
    const start = /delete chain inet edgeward (at-\S+)/.exec(text)?.[1]
    if (start !== undefined && start !== stateOf(about))
      return { exitCode: 1, stdout: '', stderr: 'Error: No such file or directory' }
    const title = text.split('\n')[0]?.replace(/^# edgeward: |, mode.*/g, '') ?? ''
    if (args.includes('--check')) {
      checked.push(title)
      return { exitCode: 0, stdout: '', stderr: '' }
    }
    loaded.push(title)
    standing = Array.from(text.matchAll(/ip6? saddr (@\w+([46])-next)/g), ([, right, family], handle) => ({
      rule: { family: 'inet', table: 'edgeward', chain: `judge${family}`, handle, expr: [{ match: { right } }] },
    }))
    about = /return comment "(.*)"/.exec(text)?.[1] ?? about
    return { exitCode: 0, stdout: '', stderr: '' }
  }
  return {
    run,
    loaded,
    checked,
    failNext: (fail: () => never | { stderr: string }) => failures.push(fail),
    setAbout: (program: FilterProgram) => {
      about = aboutText(program)
    },
    setShape: (next: string) => {
      shape = next
    },
  }
}

/** What is loaded for the first program on a host, and for a whole program over another. */
const FIRST = ['the sets of revision 1', 'the rules of revision 1']
const WHOLE = ['beside what is in force, revision 2', 'all of revision 2', 'in order, revision 2']

const one = aProgram({ revision: 1, approve: ['20.1.0.1'] })
const two = aProgram({ revision: 2, approve: ['20.1.0.2'] })
const three = aProgram({ revision: 3, approve: ['20.1.0.3'] })

describe('createNftFirewall', () => {
  it('applies all first, then deltas', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    for (const program of [one, two, three]) await firewall.apply(program)
    expect(nft.loaded).toEqual([...FIRST, 'from revision 1 to revision 2', 'from revision 2 to revision 3'])
  })

  it('does not go on beside a list of which nobody knows whether the kernel will take it, and goes through nft then', async () => {
    const nft = createScriptedNft()
    const { open, drain } = await openBusyPipe()
    const firewall = createNftFirewall({ ...nft, netlink: open, timeoutMs: 20 })
    await expect(firewall.apply(one)).rejects.toMatchObject({ code: 'NOT_FINISHED' })
    expect(nft.loaded).toEqual([])
    await firewall.apply(one)
    expect(nft.loaded).toEqual(FIRST)
    drain()
  })

  it('applies all where another list is in force than was left, and says that nothing of ours is', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.apply(one)
    nft.setAbout(three)
    expect(await firewall.inForce()).toBeUndefined()
    await firewall.apply(two)
    expect(nft.loaded).toEqual([...FIRST, ...WHOLE])
  })

  it('applies all after the delta where a chain is not as it was left, and says that nothing of ours is in force', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.apply(one)
    nft.setShape('changed')
    expect(await firewall.inForce()).toBeUndefined()
    await firewall.apply(two)
    expect(nft.loaded).toEqual([...FIRST, 'from revision 1 to revision 2', ...WHOLE])
  })

  it('applies all at once where rules change and a chain is not as it was left', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.apply(one)
    nft.setShape('changed')
    await firewall.apply({ ...two, mode: 'observe' })
    expect(nft.loaded).toEqual([...FIRST, ...WHOLE])
  })

  it('replaces all where the kernel does not take a change, and tells', async () => {
    const nft = createScriptedNft()
    const misfits: string[] = []
    const firewall = createNftFirewall({ ...nft, onMisfit: ({ code }) => misfits.push(code) })
    await firewall.apply(one)
    nft.failNext(() => ({ stderr: 'Error: Could not process rule: No such file or directory\n' }))
    await firewall.apply(two)
    expect([nft.loaded, misfits]).toEqual([[...FIRST, ...WHOLE], ['NOT_IN_FORCE']])
  })

  it('goes on by deltas after a program that nobody could compile', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.apply(one)
    await expect(firewall.apply(aProgram({ digest: '' }))).rejects.toMatchObject({ code: 'REFUSED' })
    await firewall.apply(two)
    expect(nft.loaded).toEqual([...FIRST, 'from revision 1 to revision 2'])
  })

  it('applies all after a change whose end nobody saw', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.apply(one)
    nft.failNext(() => {
      throw new ProgramError('TIMED_OUT', 'nft was killed')
    })
    await expect(firewall.apply(two)).rejects.toMatchObject({ code: 'NOT_FINISHED' })
    await firewall.apply(two)
    expect(nft.loaded).toEqual([...FIRST, ...WHOLE])
  })

  it.each([
    ['before', ['all of revision 2'], 1],
    ['switch', ['beside what is in force, revision 2', 'all of revision 2'], 2],
    ['after', ['beside what is in force, revision 2', 'all of revision 2', 'all of revision 2'], 3],
  ])('replaces all in one transaction where the kernel does not take the step «%s»', async (_, loaded, step) => {
    const nft = createScriptedNft()
    await createNftFirewall(nft).apply(one)
    const misfits: string[] = []
    let texts = 0
    const run: RunProgram = async (file, args, options) => {
      if (!args.includes('list')) texts += 1
      if (texts === step && !args.includes('list')) return { exitCode: 1, stdout: '', stderr: 'Error: Device or resource busy' }
      return nft.run(file, args, options)
    }
    await createNftFirewall({ run, onMisfit: ({ code }) => misfits.push(code) }).apply(two)
    expect([nft.loaded, misfits]).toEqual([[...FIRST, ...loaded], ['REFUSED']])
  })

  /** The last step of an apply of `two` over `one` is cut off. */
  async function cutOff(how: () => never | { stderr: string }) {
    const nft = createScriptedNft()
    await createNftFirewall(nft).apply(one)
    const run: RunProgram = async (file, args, options) => {
      // Read once only.
      const text = [...((options?.input ?? []) as Iterable<string>)].join('')
      const isLast = text.startsWith('# edgeward: in order, revision 2')
      return isLast ? { exitCode: 1, stdout: '', ...how() } : nft.run(file, args, { ...options, input: [text] })
    }
    const firewall = createNftFirewall({ run })
    await expect(firewall.apply(two)).rejects.toMatchObject({ name: 'FirewallError' })
    return { nft, firewall }
  }
  const killed = (): never => {
    throw new ProgramError('KILLED', 'nft was killed')
  }
  const SETTLED = 'in order, as an apply left it that was cut off'

  it.each<[string, () => never | { stderr: string }]>([
    ['killed', killed],
    ['out of memory', () => ({ stderr: 'Error: Could not process rule: Cannot allocate memory' })],
  ])('says what is in force and that it is not settled where the last step was cut off: %s', async (_, how) => {
    const { nft, firewall } = await cutOff(how)
    const { revision, digest, mode } = two
    for (const asked of [firewall, createNftFirewall(nft)])
      expect(await asked.inForce()).toEqual({ revision, digest, mode, isUnsettled: true })
  })

  it('puts what was cut off in order before it applies: what stands in for a set cannot be made anew', async () => {
    const { nft } = await cutOff(killed)
    const firewall = createNftFirewall(nft)
    await firewall.apply(two)
    expect(nft.loaded.slice(FIRST.length + 2)).toEqual([SETTLED, ...WHOLE])
    expect(await firewall.inForce()).not.toHaveProperty('isUnsettled')
  })

  it('puts what was cut off in order before it blocks: the rules would not look where the blocks are written', async () => {
    const { nft } = await cutOff(killed)
    await createNftFirewall(nft).setBlocked([])
    expect(nft.loaded.slice(FIRST.length + 2)).toEqual([SETTLED, expect.stringContaining('block4')])
  })

  it('changes by way of a bridge where a prefix comes to cover a host', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.apply(one)
    await firewall.apply(aProgram({ revision: 2, approve: ['20.1.0.0/24'] }))
    expect(nft.loaded).toEqual([...FIRST, 'from revision 1 to revision 2', 'from revision 2 to revision 2'])
  })

  it('applies all where the mode changes', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.apply(one)
    await firewall.apply({ ...one, revision: 2, mode: 'observe' })
    expect(nft.loaded).toEqual([...FIRST, ...WHOLE])
  })

  it('throws NOT_IN_FORCE where the kernel holds something else than was applied', async () => {
    const nft = createScriptedNft()
    const run: RunProgram = async (file, args, options) => {
      const result = await nft.run(file, args, options)
      if (!args.includes('list')) nft.setAbout(three)
      return result
    }
    await expect(createNftFirewall({ run }).apply(one)).rejects.toMatchObject({ code: 'NOT_IN_FORCE' })
  })

  it('check: has the delta judged where one would be applied, the whole program where not', async () => {
    const nft = createScriptedNft()
    const firewall = createNftFirewall(nft)
    await firewall.check(one)
    await firewall.apply(one)
    await firewall.check(two)
    nft.setAbout(three)
    await firewall.check(two)
    expect(nft.checked).toEqual(['all of revision 1', 'from revision 1 to revision 2', 'all of revision 2'])
    expect(nft.loaded).toEqual(FIRST)
  })

  it.each<[string, string]>([
    ['Error: Could not process rule: Operation not permitted', 'NOT_PERMITTED'],
    ['netlink: Error: cache initialization failed: Operation not permitted', 'NOT_PERMITTED'],
    ['Error: Could not process rule: Cannot allocate memory', 'OUT_OF_MEMORY'],
    ['Error: Could not process rule: Operation not supported', 'UNSUPPORTED'],
    ['/dev/stdin:3:1-2: Error: syntax error, unexpected string', 'REFUSED'],
    ['Error: Could not process rule: File exists', 'REFUSED'],
    ['', 'REFUSED'],
  ])('check: reads %j as %s', async (stderr, code) => {
    const nft = createScriptedNft()
    nft.failNext(() => ({ stderr }))
    await expect(createNftFirewall(nft).check(one)).rejects.toMatchObject({ name: 'FirewallError', code })
  })

  it.each<[string, string]>([
    ['NOT_FOUND', 'NO_TOOL'],
    ['NOT_PERMITTED', 'NOT_PERMITTED'],
    ['TOO_MUCH_OUTPUT', 'UNREADABLE'],
    ['KILLED', 'NOT_FINISHED'],
    ['CANCELLED', 'NOT_FINISHED'],
    ['INPUT_UNWRITABLE', 'INPUT_UNWRITABLE'],
  ])('turns a program that ends as %s into %s', async (code, expected) => {
    const run: RunProgram = async () => {
      throw new ProgramError(code as 'KILLED', 'x')
    }
    await expect(createNftFirewall({ run }).inForce()).rejects.toMatchObject({ code: expected })
  })

  it('inForce: throws UNREADABLE where nft prints something else', async () => {
    const run: RunProgram = async () => ({ exitCode: 0, stdout: 'table inet edgeward {', stderr: '' })
    await expect(createNftFirewall({ run }).inForce()).rejects.toMatchObject({ code: 'UNREADABLE' })
    await expect(createNftFirewall({ run }).seen(1)).rejects.toMatchObject({ code: 'UNREADABLE' })
  })
})
