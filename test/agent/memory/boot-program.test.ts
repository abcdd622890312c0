import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BootFile, createBootProgramFiles } from '../../../agent/memory/boot-program.ts'
import { checkSums } from '../../support/check-sums.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Text of the program that the sums name. */
async function named(folder: string, part = 'last-good'): Promise<string> {
  const [, name = ''] = (await readFile(join(folder, `${part}.sha256`), 'utf8')).trimEnd().split('  ')
  return await readFile(join(folder, name), 'utf8')
}

const nft = (chunks: Iterable<string>): readonly BootFile[] => [{ tool: 'nft', chunks }]

describe('createBootProgramFiles', () => {
  it('keeps each part whole, in a folder that it makes, for nobody else to read, and as sha256sum understands it', async () => {
    const folder = join(await temporaryFolder(), 'state', 'boot')
    const files = createBootProgramFiles(folder)
    await files.keep('last-good', nft(['one ', 'two']))
    await files.keep('before-first-list', nft([]))
    expect([await named(folder), await named(folder, 'before-first-list')]).toEqual(['one two', ''])
    expect(checkSums(folder, 'last-good.sha256')).toBe('last-good-a.nft: OK\n')
    expect(checkSums(folder, 'before-first-list.sha256')).toBe('before-first-list-a.nft: OK\n')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  })

  it('replaces a part by turns, and keeps no more than the one before', async () => {
    const folder = await temporaryFolder()
    const files = createBootProgramFiles(folder)
    for (const text of ['first', 'second', 'third']) {
      await files.keep('last-good', nft([text]))
      expect(await named(folder)).toBe(text)
      expect(checkSums(folder, 'last-good.sha256')).toMatch(/OK/)
    }
    expect((await readdir(folder)).sort()).toEqual(['last-good-a.nft', 'last-good-b.nft', 'last-good.sha256'])
  })

  it('names every file of a program for several tools in one list of sums, all by the same turn', async () => {
    const folder = await temporaryFolder()
    const files = createBootProgramFiles(folder)
    const program = (text: string): readonly BootFile[] => [
      { tool: 'ipset', chunks: [`sets ${text}`] },
      { tool: 'iptables-restore', chunks: [`v4 ${text}`] },
      { tool: 'ip6tables-restore', chunks: [`v6 ${text}`] },
    ]
    const sums = (turn: string) =>
      ['ipset', 'iptables-restore', 'ip6tables-restore'].map((tool) => `last-good-${turn}.${tool}: OK\n`)
    await files.keep('last-good', program('1'))
    expect(checkSums(folder, 'last-good.sha256')).toBe(sums('a').join(''))
    await files.keep('last-good', program('2'))
    expect(checkSums(folder, 'last-good.sha256')).toBe(sums('b').join(''))
    expect(await readFile(join(folder, 'last-good-b.ip6tables-restore'), 'utf8')).toBe('v6 2')
    await files.keep('last-good', nft(['by nft']))
    expect(checkSums(folder, 'last-good.sha256')).toBe('last-good-a.nft: OK\n')
  })

  it('leaves the program before where the text fails half-way', async () => {
    const folder = await temporaryFolder()
    const files = createBootProgramFiles(folder)
    await files.keep('last-good', nft(['whole']))
    function* torn(): Generator<string> {
      yield 'half'.repeat(100_000)
      throw new Error('the compiler refused')
    }
    await expect(files.keep('last-good', nft(torn()))).rejects.toThrow()
    expect(await named(folder)).toBe('whole')
    expect(checkSums(folder, 'last-good.sha256')).toMatch(/OK/)
  })

  it.each([
    ['last-good-b.nft.new', 'the program cannot be written'],
    ['last-good.sha256.new', 'the sums cannot be written, when the program is there already'],
  ])('leaves the program before where %s is in the way: %s', async (name) => {
    const folder = await temporaryFolder()
    const files = createBootProgramFiles(folder)
    await files.keep('last-good', nft(['whole']))
    await mkdir(join(folder, name, 'in-the-way'), { recursive: true })
    await expect(files.keep('last-good', nft(['next']))).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' })
    expect(await named(folder)).toBe('whole')
    expect(checkSums(folder, 'last-good.sha256')).toMatch(/OK/)
  })
})
