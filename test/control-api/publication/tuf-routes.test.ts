import { describe, expect, it } from 'vitest'
import { createFakeApprovedList } from '../../fakes/fake-approved-list.ts'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'

async function published(config = ''): Promise<ControlAppSetup & { target: string }> {
  const approved = createFakeApprovedList()
  approved.set(3)
  const setup = await createControlAppSetup({ approved, config })
  await setup.context.publisher.publish({ person: 'approver-1', role: 'approver' }, {})
  const target = [...setup.files.entries.keys()].find((path) => path.startsWith('targets/')) ?? ''
  return { ...setup, target }
}

describe('/v1/tuf', () => {
  it('serves files byte for byte with their length, and 304 to who has them', async () => {
    const { app, as, files, target } = await published()
    for (const path of ['metadata/1.root.json', 'metadata/timestamp.json', 'metadata/2.snapshot.json', target]) {
      const response = await app.inject({ url: `/v1/tuf/${path}`, headers: as.reader })
      expect(response.rawPayload.equals(files.entries.get(path) ?? Buffer.alloc(0)), path).toBe(true)
      expect(response.headers['content-length'], path).toBe(String(response.rawPayload.length))
      const again = await app.inject({
        url: `/v1/tuf/${path}`,
        headers: { ...as.reader, 'if-none-match': `"x", ${String(response.headers.etag)}` },
      })
      expect([again.statusCode, again.body], path).toEqual([304, ''])
    }
  })

  it('lets caches keep what never changes, and only that', async () => {
    const { app, as, target } = await published()
    const cacheOf = async (path: string) =>
      (await app.inject({ url: `/v1/tuf/${path}`, headers: as.reader })).headers['cache-control']
    expect(await cacheOf(target)).toContain('immutable')
    expect(await cacheOf('metadata/1.root.json')).toContain('immutable')
    expect(await cacheOf('metadata/timestamp.json')).toBe('no-cache')
    expect(await cacheOf('metadata/2.root.json')).toBe('no-store')
  })

  it('gives the timestamp a new tag when it is signed again', async () => {
    const { app, as, context } = await published()
    const tag = async () => (await app.inject({ url: '/v1/tuf/metadata/timestamp.json', headers: as.reader })).headers.etag
    const before = await tag()
    await context.publisher.refresh()
    expect(await tag()).not.toBe(before)
  })

  it('serves what a timestamp has just named, also where the file of a publication that failed was asked for before', async () => {
    const { app, as, files, context } = await published()
    const get = async (file: string) =>
      (await app.inject({ url: `/v1/tuf/metadata/${file}`, headers: as.reader })).rawPayload.toString()
    await get('timestamp.json')
    await files.write('metadata/3.snapshot.json', Buffer.from('unfinished'))
    expect(await get('3.snapshot.json')).toBe('unfinished')
    await context.publisher.publish({ person: 'approver-1', role: 'approver' }, { force: true })
    await get('timestamp.json')
    expect(await get('3.snapshot.json')).toBe(String(files.entries.get('metadata/3.snapshot.json')))
    expect(await get('3.snapshot.json')).not.toBe('unfinished')
  })

  it.each([
    '/v1/tuf/metadata/..%2f..%2fkeys%2ftargets.pem',
    '/v1/tuf/metadata/%2e%2e',
    '/v1/tuf/metadata/timestamp.json.unfinished',
    '/v1/tuf/metadata/root.json',
    '/v1/tuf/targets/..%2fmetadata/timestamp.json',
    '/v1/tuf/targets/allow/1.full',
    '/v1/tuf/targets/allow/..%2f..%2fmetadata%2ftimestamp.json',
    '/v1/tuf/targets/../metadata/nothing.json',
    '/v1/tuf/metadata/%00',
  ])('knows no %s', async (url) => {
    const { app, as } = await published()
    const { statusCode } = await app.inject({ url, headers: as.reader })
    expect([400, 404]).toContain(statusCode)
  })

  it('asks for a credential unless the repository is open', async () => {
    const closed = await published()
    expect((await closed.app.inject('/v1/tuf/metadata/timestamp.json')).statusCode).toBe(401)
    const open = await published('publication: {open: true}')
    expect((await open.app.inject('/v1/tuf/metadata/timestamp.json')).statusCode).toBe(200)
    await open.context.publisher.publishSide('users', () => Buffer.from('{}'))
    const users = [...open.files.entries.keys()].find((path) => path.startsWith('targets/users/'))
    expect((await open.app.inject(`/v1/tuf/${users}`)).statusCode).toBe(401)
    expect((await open.app.inject({ url: `/v1/tuf/${users}`, headers: open.as.reader })).statusCode).toBe(200)
  })
})
