import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  endGateRotation,
  openGateKeys,
  openUserSecret,
  readGateKeys,
  rotateGateKey,
} from '../../../control-api/publication/secret-files.ts'
import { createSeededBytes } from '../../support/control-app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

it('a gate key is made once, rotated with both valid, and the rotation ended', async () => {
  const path = join(await temporaryFolder(), 'gate.key')
  const random = createSeededBytes('gate')
  await expect(readGateKeys(path)).rejects.toMatchObject({ code: 'KEY_MISSING' })
  const [first] = await openGateKeys(path, random)
  expect(await openGateKeys(path, random)).toEqual([first])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await expect(endGateRotation(path)).rejects.toMatchObject({ code: 'KEY_ROTATING' })
  const [second] = await rotateGateKey(path, random)
  expect(await readGateKeys(path)).toEqual([second, first])
  await expect(rotateGateKey(path, random)).rejects.toMatchObject({ code: 'KEY_ROTATING' })
  await endGateRotation(path)
  expect(await readGateKeys(path)).toEqual([second])
})

it('secrets that others can read, or that hold something else, are not used; one that is lost is not made anew', async () => {
  const folder = await temporaryFolder()
  const random = createSeededBytes('users')
  const path = join(folder, 'users.key')
  await expect(openUserSecret(path, true, random)).rejects.toMatchObject({ code: 'KEY_MISSING' })
  const secret = await openUserSecret(path, false, random)
  expect(await openUserSecret(path, true, random)).toEqual(secret)
  await chmod(path, 0o640)
  await expect(openUserSecret(path, true, random)).rejects.toMatchObject({ code: 'KEY_EXPOSED' })
  await chmod(path, 0o600)
  await writeFile(path, (await readFile(path, 'utf8')).slice(1))
  await expect(openUserSecret(path, true, random)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' })
  await writeFile(path, 'x')
  await expect(readGateKeys(path)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' })
})
