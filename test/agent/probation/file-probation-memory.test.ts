import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createFileProbationMemory } from '../../../agent/probation/file-probation-memory.ts'
import { EMPTY_RECORD } from '../../../agent/probation/probation-memory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

it('keeps the record over a restart, and a torn one counts as none', async () => {
  const folder = join(await temporaryFolder(), 'memory')
  const at = '2026-03-01T00:00:00.000Z'
  const record = {
    ...EMPTY_RECORD,
    unconfirmed: { revision: 413, at, wasWell: true },
    heldBack: [{ revision: 412, at, reason: 'x' }],
  }
  expect(await createFileProbationMemory(folder).recall()).toEqual(EMPTY_RECORD)
  await createFileProbationMemory(folder).keep(record)
  expect(await createFileProbationMemory(folder).recall()).toEqual(record)
  await writeFile(join(folder, 'probation.json'), '{"format":"edgeward-prob')
  expect(await createFileProbationMemory(folder).recall()).toEqual(EMPTY_RECORD)
})
