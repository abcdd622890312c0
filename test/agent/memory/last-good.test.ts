import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFileMemory } from '../../../agent/memory/file-memory.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { summaryOf } from '../../../rules/revisions/revision-summary.ts'
import { describeLastGoodContract } from '../../contracts/last-good.contract.ts'
import { createFakeMemory } from '../../fakes/fake-memory.ts'
import { revisionBytes } from '../../support/allow-lists.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describeLastGoodContract('createFakeMemory', async () => {
  const memory = createFakeMemory()
  return { memory, reopen: () => memory, failNext: () => memory.failNext(), spoil: (part) => memory.spoil(part) }
})

const FILES = { lastGood: 'last-good.allow', trusted: 'trusted.json' } as const

describeLastGoodContract('createFileMemory', async () => {
  const folder = join(await temporaryFolder(), 'memory')
  return {
    memory: createFileMemory(folder),
    reopen: () => createFileMemory(folder),
    // A folder where the file should be written beside stops root too, unlike permissions.
    failNext: async () => {
      await mkdir(join(folder, `${FILES.lastGood}.new`, 'in-the-way'), { recursive: true })
    },
    spoil: async (part) => {
      const path = join(folder, FILES[part])
      const content = await readFile(path)
      const at = content.length - 12
      content[at] = (content[at] ?? 0) ^ 1
      await writeFile(path, content)
    },
  }
})

describe('createFileMemory', () => {
  const bytes = revisionBytes({ revision: 7 })
  const summary = summaryOf(parseAllowDocument(bytes))

  async function remembered(): Promise<string> {
    const folder = await temporaryFolder()
    await createFileMemory(folder).remember(summary, bytes, 'shape')
    return folder
  }

  it.each([
    ['', 'empty'],
    ['{"format":"edgeward-last-good/1"', 'torn in the first line'],
    ['\0'.repeat(400), 'zeros, as some file systems leave after a power cut'],
  ])('tells a file that is %j: %s', async (content) => {
    const folder = await remembered()
    await writeFile(join(folder, FILES.lastGood), content)
    await writeFile(join(folder, FILES.trusted), content)
    const { lastGood, trusted, faults } = await createFileMemory(folder).recall()
    expect([lastGood, trusted]).toEqual([undefined, undefined])
    expect(faults.map(({ code }) => code)).toEqual(['LAST_GOOD_BROKEN', 'TRUSTED_BROKEN'])
  })

  it('refuses every cut of a torn file', async () => {
    const folder = await remembered()
    const path = join(folder, FILES.lastGood)
    const whole = await readFile(path)
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(path, whole.subarray(0, length))
      const { lastGood } = await createFileMemory(folder).recall()
      expect(lastGood, `cut after ${length} bytes`).toBeUndefined()
    }
  })

  it('lets only its owner read, whatever a crash left behind', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, `${FILES.lastGood}.new`), 'left by a crash', { mode: 0o666 })
    await chmod(join(folder, `${FILES.lastGood}.new`), 0o666)
    await createFileMemory(folder).remember(summary, bytes, 'shape')
    const modes = await Promise.all(Object.values(FILES).map(async (file) => (await stat(join(folder, file))).mode & 0o777))
    expect(modes).toEqual([0o600, 0o600])
  })

  it('tells a file that cannot be read, and goes on', async () => {
    const folder = await remembered()
    await rm(join(folder, FILES.trusted))
    await mkdir(join(folder, FILES.trusted))
    const { lastGood, faults } = await createFileMemory(folder).recall()
    expect(lastGood?.revision).toBe(7)
    expect(faults.map(({ code }) => code)).toEqual(['STATE_UNREADABLE'])
  })
})
