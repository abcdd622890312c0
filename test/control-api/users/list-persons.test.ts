import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { findAllListed, findListed } from '../../../control-api/users/list-persons.ts'
import { createUsersLab } from '../../support/users-lab.ts'

it('finds who is on a list, however many are asked for, by the index of who is listed', async () => {
  const lab = await createUsersLab()
  const ids = [await lab.enter(1), await lab.enter(2), await lab.enter(3, { facility: '24002' })]
  const { store } = lab.context
  const tokenOf = (id: number) =>
    store.read((db) => db.selectFrom('portal_user').select('person_token').where('id', '=', id).executeTakeFirstOrThrow())
  const tokens = await Promise.all(ids.map(async (id) => (await tokenOf(id)).person_token))
  const many = [...Array.from({ length: 1200 }, (_, at) => `nobody${at}`), ...tokens]
  const found = await store.read((db) => findAllListed(db, '24001', many))
  expect([...found.values()].map(({ id }) => id).toSorted((one, other) => one - other)).toEqual(ids.slice(0, 2))
  expect((await store.read((db) => findListed(db, '24002', tokens[2] ?? '')))?.id).toBe(ids[2])
  expect(await store.read((db) => findListed(db, '24002', tokens[0] ?? ''))).toBeUndefined()
  // Without it each row of an import reads all users: minutes for a hundred thousand.
  const plan = await store.read((db) =>
    sql<{
      detail: string
    }>`explain query plan select * from portal_user where facility = ${'24001'} and person_token = ${'x'} and state in ('waiting', 'active', 'disabled')`.execute(
      db,
    ),
  )
  expect(plan.rows.map(({ detail }) => detail).join()).toContain('portal_user_person')
})
