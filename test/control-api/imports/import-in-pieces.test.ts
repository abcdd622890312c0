import { expect, it } from 'vitest'
import type { Store } from '../../../control-api/store/store.ts'
import { importUsers } from '../../../control-api/users/import-users.ts'
import { citizenIdOf, createUsersLab, DISPATCH } from '../../support/users-lab.ts'

const OPERATOR = { person: 'operator-1', role: 'operator' } as const
const HEADER = 'STT,Họ và tên,Số CCCD,Mã CSKCB,Quyền'
const fileOf = (...citizens: readonly number[]): Uint8Array =>
  Buffer.from([HEADER, ...citizens.map((each) => `${each},Nguyễn Văn Mẫu,${citizenIdOf(each)},24001,tra cứu thẻ`)].join('\n'))

/** An import of few rows in pieces; `between` happens before the transaction that takes them. */
async function createPiecesLab(largeRows = 0) {
  const lab = await createUsersLab()
  const { store, users, config, clock } = lab.context
  const made: string[] = []
  const take = async (file: Uint8Array, between?: () => Promise<unknown>, fails = false) => {
    const keys = await users.keys()
    const watched: Pick<Store, 'read' | 'transact'> = {
      read: (work) => store.read(work),
      async transact(actor, work) {
        made.push('transaction')
        // Judged, then one piece of verdicts, then the rows.
        if (made.length === 3) await between?.()
        return store.transact(actor, async (tx) => {
          const result = await work(tx)
          if (fails && made.length === 3) throw new Error('the disk failed')
          return result
        })
      },
    }
    const parts = {
      store: { ...store, ...watched },
      clock,
      keys,
      mapping: config.users,
      largeRows,
      randomBytes: (size: number) => lab.context.randomBytes(size),
    }
    return importUsers(parts, OPERATOR, file, { province: '24', dispatch: DISPATCH, accept: 'all' }, '01/dk-ctn')
  }
  const rows = () =>
    store.read(async (db) => ({
      imports: await db.selectFrom('import').select(['id', 'is_taken', 'adds', 'unchanged', 'refused', 'rows']).execute(),
      verdicts: await db.selectFrom('import_verdict').select(['row', 'verdict', 'code', 'message_vi']).orderBy('seq').execute(),
      users: await db.selectFrom('portal_user').select(['id', 'state', 'person_token', 'import_id']).orderBy('id').execute(),
      tokens: (await db.selectFrom('portal_user_token').selectAll().execute()).length,
      audit: (await db.selectFrom('audit').select('action').orderBy('seq').execute()).map(({ action }) => action),
    }))
  return { ...lab, take, rows, made }
}

it('a large file comes to what a small one comes to, in more transactions', async () => {
  const [large, small] = [await createPiecesLab(0), await createPiecesLab(100)]
  for (const lab of [large, small]) expect(await lab.take(fileOf(1, 2, 3))).toMatchObject({ isNew: true, isTaken: true })
  const [one, other] = [await large.rows(), await small.rows()]
  const { audit: steps, ...taken } = one
  const { audit: step, ...same } = other
  expect(taken).toEqual(same)
  expect(steps.slice(-3)).toEqual(['import.judge', 'import.verdicts', 'import.take'])
  expect(step.at(-1)).toBe('import.take')
  expect([large.made.length, small.made.length]).toEqual([3, 1])
})

it('rows are judged anew where somebody entered one of the persons meanwhile, and none is taken where one is wrong now', async () => {
  const lab = await createPiecesLab()
  const result = await lab.take(fileOf(1, 2), () => lab.enter(2, { rights: ['history'] }))
  expect(result).toMatchObject({ isNew: true, isTaken: false })
  const { imports, verdicts, users } = await lab.rows()
  expect(imports).toMatchObject([{ is_taken: 0, adds: 1, refused: 1, rows: 2 }])
  expect(verdicts).toMatchObject([
    { row: 2, verdict: 'add' },
    { row: 3, verdict: 'refused', code: 'PERSON_LISTED' },
  ])
  expect(users).toHaveLength(1)
})

it('the same file twice at once enters nobody twice', async () => {
  const lab = await createPiecesLab()
  const other = { ...(await createPiecesLabOf(lab)) }
  await lab.take(fileOf(1, 2), () => other.take(fileOf(1, 2)))
  const { imports, users } = await lab.rows()
  expect(imports.map(({ adds, unchanged, is_taken }) => [adds, unchanged, is_taken])).toEqual(
    expect.arrayContaining([
      [2, 0, 1],
      [0, 2, 1],
    ]),
  )
  expect(users).toHaveLength(2)
})

it('nothing is taken where the last transaction fails, and the file may be sent again', async () => {
  const lab = await createPiecesLab()
  await expect(lab.take(fileOf(1, 2), undefined, true)).rejects.toThrow('the disk failed')
  const failed = await lab.rows()
  expect([failed.users, failed.tokens, failed.imports]).toMatchObject([[], 0, [{ is_taken: 0 }]])
  lab.made.length = 0
  expect(await lab.take(fileOf(1, 2))).toMatchObject({ isNew: true, isTaken: true })
  expect((await lab.rows()).users).toHaveLength(2)
})

/** The same service, asked by somebody else at the same time. */
async function createPiecesLabOf({ context }: Awaited<ReturnType<typeof createUsersLab>>) {
  const keys = await context.users.keys()
  const parts = {
    store: context.store,
    clock: context.clock,
    keys,
    mapping: context.config.users,
    largeRows: 0,
    randomBytes: (size: number) => context.randomBytes(size),
  }
  return {
    take: (file: Uint8Array) =>
      importUsers(parts, OPERATOR, file, { province: '24', dispatch: DISPATCH, accept: 'all' }, '01/dk-ctn'),
  }
}
