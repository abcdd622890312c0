import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createFolderFiles, type FoundFile } from '../../../agent/gate/hand-over-files.ts'
import { readMaskingKey } from '../../../agent/watch/masking-key.ts'
import { makePipe } from '../../support/make-pipe.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NAME = 'policy.json'
const NOBODY = 65_534

const write = (path: string): void => writeFileSync(path, 'x', { mode: 0o640 })
const CASES: [string, (path: string) => unknown, RegExp | undefined][] = [
  ['a file as the agent writes it', write, undefined],
  ['a named pipe, which may never end', makePipe, /a named pipe/],
  ['a folder', (path) => mkdirSync(path), /a folder/],
  ['a device', (path) => symlinkSync('/dev/zero', path), /a symbolic link, which is not followed/],
  ['a link to a file that others may not read', (path) => symlinkSync('/etc/shadow', path), /a symbolic link/],
  ['a link to nothing', (path) => symlinkSync('/nowhere', path), /a symbolic link/],
  ['a file that everybody may write', open, /everybody .*mode 0666/],
]
if (process.getuid?.() === 0) CASES.push(['a file of somebody else', giveAway, /belongs to user 65534, the folder to user 0/])

it.each(CASES)('%s', async (_what, make, refusal) => {
  const folder = await temporaryFolder()
  await make(join(folder, NAME))
  const found = await createFolderFiles(folder).look(NAME, (file: FoundFile) => Promise.resolve(file.refusal))
  if (refusal === undefined) expect(found).toBeUndefined()
  else expect(found).toMatch(refusal)
})

it('no pipe in the state folder keeps watch from ending its start', async () => {
  const folder = await temporaryFolder()
  await makePipe(join(folder, 'masking.key'))
  await expect(readMaskingKey(folder)).rejects.toMatchObject({
    code: 'KEY_UNUSABLE',
    message: expect.stringContaining('a named pipe'),
  })
})

function open(path: string): void {
  write(path)
  chmodSync(path, 0o666)
}

function giveAway(path: string): void {
  write(path)
  chownSync(path, NOBODY, NOBODY)
}
