import { describe, expect, it } from 'vitest'
import { bootFilesOf, openBootFiles } from '../../../agent/sync/boot-keeper.ts'
import { settle } from '../../fakes/fake-time.ts'
import { createAgentLab, LAB_START_MS } from '../../support/agent-lab.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'
import { aProgram } from '../../support/filter-programs.ts'

const HOUR_MS = 3_600_000

function aList(revision: number, fields: Parameters<typeof revisionBytes>[0] = {}): Uint8Array {
  const publishedAt = new Date(LAB_START_MS - HOUR_MS).toISOString()
  return revisionBytes({ revision, publishedAt, entries: [anEntry('20.0.0.1')], ...fields })
}

async function labWith(list: Uint8Array, options: Parameters<typeof createAgentLab>[0] = {}) {
  const lab = createAgentLab(options)
  lab.source.publish(1, list)
  await lab.start()
  return lab
}

describe('what the next boot loads', () => {
  it('is the program in force, kept after the kernel took it and the memory has it', async () => {
    const { bootFiles } = await labWith(aList(1))
    expect(bootFiles.kept.get('last-good')).toMatch(/return comment "edgeward\/\d+ 1 enforce [0-9a-f]{64}"/)
    expect(bootFiles.kept.get('last-good')).toContain('20.0.0.1')
    expect(bootFiles.writes).toEqual(['before-first-list', 'last-good'])
  })

  it('stays the program before where the kernel refuses the new one', async () => {
    const lab = await labWith(aList(1))
    lab.firewall.failNext('apply', 'before')
    lab.source.publish(2, aList(2))
    await lab.time.advance(HOUR_MS / 4)
    expect(lab.bootFiles.kept.get('last-good')).toMatch(/edgeward\/\d+ [12] /)
    expect(lab.bootFiles.writes.filter((part) => part === 'last-good').length).toBe(lab.firewall.applied.length)
  })

  it('follows the mode at its date', async () => {
    const enforceFrom = new Date(LAB_START_MS + HOUR_MS).toISOString()
    const lab = await labWith(aList(1, { mode: 'observe', enforceFrom }))
    expect(lab.bootFiles.kept.get('last-good')).toContain('edgeward/2 1 observe')
    await lab.time.advance(HOUR_MS + 1000)
    expect(lab.bootFiles.kept.get('last-good')).toContain('edgeward/2 1 enforce')
  })

  it.each([
    ['open', /^# .*no rules/],
    ['closed', /edgeward\/\d+ 0 enforce /],
  ])('before the first list is %s where the config says so', async (beforeFirstList, text) => {
    const lab = createAgentLab({ config: { firewall: { beforeFirstList } } })
    await lab.start()
    expect(lab.bootFiles.kept.get('before-first-list')).toMatch(text)
    expect(lab.bootFiles.kept.has('last-good')).toBe(false)
  })

  it('is nothing where the config wants a dry run', async () => {
    const { bootFiles } = await labWith(aList(1), { config: { firewall: { backend: 'dry-run', beforeFirstList: 'closed' } } })
    expect([...bootFiles.kept.values()]).toEqual([
      expect.stringMatching(/^# [^\n]*nothing is loaded at boot\n$/),
      expect.stringMatching(/^# [^\n]*nothing is loaded at boot\n$/),
    ])
  })

  it('is told as a fault where the disk does not take it, fails no pass, and is tried again', async () => {
    const lab = createAgentLab()
    lab.source.publish(1, aList(1))
    lab.bootFiles.failNext()
    await lab.start()
    await settle()
    expect(lab.agent.status()).toMatchObject({ inForce: { revision: 1 } })
    await lab.time.advance(10 * 60_000)
    expect(lab.agent.status().faults).toEqual([])
    expect([...lab.bootFiles.kept.keys()].sort()).toEqual(['before-first-list', 'last-good'])
    expect(lab.log.messages('error')).toEqual(['boot program could not be kept'])
  })
})

describe('bootFilesOf', () => {
  const program = aProgram({ revision: 7, approve: ['20.0.0.1'] })

  it.each([
    ['nft', 'nft' as const, ['nft']],
    ["the host's own iptables", { iptables: 'own' as const }, ['ipset', 'iptables-restore', 'ip6tables-restore']],
    ['the older iptables', { iptables: 'legacy' as const }, ['ipset', 'iptables-legacy-restore', 'ip6tables-legacy-restore']],
  ])('gives a host with %s its text for each tool, what it is first', (_what, backend, tools) => {
    const files = bootFilesOf(program, backend)
    expect(files.map(({ tool }) => tool)).toEqual(tools)
    const [first = ''] = files.map(({ chunks }) => [...chunks].join(''))
    expect(first).toMatch(/^# edgeward: all of revision 7, /)
  })

  it('leaves the jump to lines of its own, so that the loader can have the kernel judge the rest first', () => {
    const [, v4, v6] = bootFilesOf(program, { iptables: 'own' })
    for (const file of [v4, v6])
      expect([...(file?.chunks ?? [])].join('').match(/^-[ID] .*/gm)).toEqual(['-I INPUT 1 -j EDGEWARD'])
  })

  it('loads nothing by a tool that the host has', () => {
    expect(openBootFiles({ iptables: 'own' }).map(({ tool }) => tool)).toEqual(['ipset'])
    expect(openBootFiles('nft').map(({ tool }) => tool)).toEqual(['nft'])
  })
})

describe('what systemd is told', () => {
  it('is ready once what is in force was restored, the state in a line, and the end', async () => {
    const lab = await labWith(aList(1))
    await lab.stop()
    expect(lab.serviceManager.told.at(0)).toEqual({ isReady: true, status: 'No signed list is in force; nobody is refused' })
    expect(lab.serviceManager.told).toContainEqual({ isReady: true, status: 'Enforcing revision 1' })
    expect(lab.serviceManager.told.at(-1)).toBe('stopping')
  })

  it('is not ready while what is in force cannot be read', async () => {
    const lab = createAgentLab()
    lab.firewall.failNext('inForce', 'before')
    await lab.start()
    expect(lab.serviceManager.told.at(0)).toMatchObject({ isReady: false, status: expect.stringContaining('faults: start ') })
    await lab.time.advance(60_000)
    expect(lab.serviceManager.told.at(-1)).toMatchObject({ isReady: true })
  })
})
