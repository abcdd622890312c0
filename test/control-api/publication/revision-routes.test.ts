import { describe, expect, it } from 'vitest'
import { createFakeApprovedList, type FakeApprovedList } from '../../fakes/fake-approved-list.ts'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'

async function aSetup(): Promise<ControlAppSetup & { approved: FakeApprovedList }> {
  const approved = createFakeApprovedList()
  approved.set(10)
  return { ...(await createControlAppSetup({ approved, config: 'publication: {keep: 2}' })), approved }
}

describe('/v1/revisions', () => {
  it('publishes with 201, says the same again with 200', async () => {
    const { app, as } = await aSetup()
    const publish = () => app.inject({ method: 'POST', url: '/v1/revisions', headers: as.approver, payload: { note: 'first' } })
    const first = await publish()
    const second = await publish()
    expect([first.statusCode, second.statusCode]).toEqual([201, 200])
    expect(first.json()).toEqual({
      revision: 1,
      entries: 10,
      added: 10,
      removed: 0,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(second.json()).toMatchObject({ revision: 1, added: 0 })
  })

  it.each([['tomorrow'], ['2024-07-27T00:00'], ['2024-02-31T00:00Z']])('refuses the date %s', async (enforceFrom) => {
    const { app, as } = await aSetup()
    const response = await app.inject({ method: 'POST', url: '/v1/revisions', headers: as.approver, payload: { enforceFrom } })
    expect(response.json()).toMatchObject({ code: 'BAD_FIELDS', errors: [{ path: '/body/enforceFrom' }] })
  })

  it('lets only approvers publish', async () => {
    const { app, as } = await aSetup()
    const response = await app.inject({ method: 'POST', url: '/v1/revisions', headers: as.operator, payload: {} })
    expect(response.statusCode).toBe(403)
  })

  it('lists revisions newest first, by pages, and shows what each changed while it is kept', async () => {
    const { app, as, approved, context } = await aSetup()
    for (const count of [10, 11, 12]) {
      approved.set(count)
      await context.publisher.publish({ person: 'approver-1', role: 'approver' }, {})
    }
    const get = async <T>(path: string) => (await app.inject({ url: `/v1/revisions${path}`, headers: as.reader })).json<T>()
    const page = await get<{ newestRevision: number; revisions: { revision: number; publishedBy: string }[] }>('?limit=2')
    expect(page.revisions.map(({ revision }) => revision)).toEqual([3, 2])
    expect(page).toMatchObject({ newestRevision: 3, revisions: [{ publishedBy: 'approver-1' }, {}] })
    expect((await get<typeof page>('?before=2')).revisions.map(({ revision }) => revision)).toEqual([1])
    expect(await get('/3')).toMatchObject({ difference: { from: 2, added: ['198.18.0.12'], removed: [], changed: [] } })
    expect(await get('/2')).toMatchObject({ revision: { added: 1 }, difference: null })
    expect(await get('/9')).toMatchObject({ code: 'NOT_FOUND' })
  })
})
