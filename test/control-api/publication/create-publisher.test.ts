import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../control-api/audit/verify-audit.ts'
import type { Actor } from '../../../control-api/store/store.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { createFakeApprovedList, type FakeApprovedList } from '../../fakes/fake-approved-list.ts'
import { Killed } from '../../fakes/fake-repository-files.ts'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'
import { createTufClient, type TufClient } from '../../support/tuf-client.ts'

const APPROVER: Actor = { person: 'approver-1', role: 'approver' }
const OTHER: Actor = { person: 'approver-2', role: 'approver' }

interface Setup extends ControlAppSetup {
  approved: FakeApprovedList
  client: TufClient
}

async function aPublisher(): Promise<Setup> {
  const approved = createFakeApprovedList()
  approved.set(10)
  const setup = await createControlAppSetup({ approved })
  const root = setup.files.entries.get('metadata/1.root.json') ?? Buffer.alloc(0)
  return { ...setup, approved, client: await createTufClient(root, async (path) => setup.files.entries.get(path) ?? 404) }
}

function states({ context }: Setup): Promise<[number, string][]> {
  return context.store.read(async (db) => {
    const rows = await db.selectFrom('revision').select(['revision', 'state']).orderBy('revision').execute()
    return rows.map(({ revision, state }) => [revision, state])
  })
}

async function approveShrink(
  { app, as }: Setup,
  body: object,
  who: 'approver' | 'otherApprover' = 'otherApprover',
): Promise<number> {
  return (await app.inject({ method: 'POST', url: '/v1/revisions/shrink-approvals', headers: as[who], payload: body })).statusCode
}

describe('publish', () => {
  it('gives edges the list that was approved, and says so on the event stream', async () => {
    const { context, client } = await aPublisher()
    const told: number[] = []
    context.events.listen({ revision: (revision) => told.push(revision), review: () => undefined })
    const made = await context.publisher.publish(APPROVER, { enforceFrom: '2026-07-27T00:00:00+07:00' })
    expect(made).toMatchObject({ revision: 1, entries: 10, added: 10, removed: 0, isNew: true })
    const got = await client.fetchNewest()
    const { header } = parseAllowDocument(got?.document ?? Buffer.alloc(0))
    expect(header).toMatchObject({ revision: 1, mode: 'observe', enforceFrom: '2026-07-27T00:00:00+07:00', digest: made.digest })
    expect(got?.custom).toEqual({ revision: 1, digest: made.digest, entries: 10 })
    expect(told).toEqual([1])
  })

  it('publishes nothing twice, unless it is forced or says something else', async () => {
    const { context, approved } = await aPublisher()
    await context.publisher.publish(APPROVER, {})
    expect(await context.publisher.publish(APPROVER, {})).toMatchObject({ revision: 1, isNew: false })
    expect(await context.publisher.publish(APPROVER, { force: true })).toMatchObject({ revision: 2, isNew: true })
    expect(await context.publisher.publish(APPROVER, { mode: 'enforce' })).toMatchObject({ revision: 3, isNew: true })
    expect(await context.publisher.publish(APPROVER, {})).toMatchObject({ revision: 3, isNew: false })
    approved.set(11)
    expect(await context.publisher.publish(APPROVER, {})).toMatchObject({ revision: 4, added: 1, removed: 0 })
  })

  it('keeps mode and date of the revision before where the order is silent', async () => {
    const { context, client, approved } = await aPublisher()
    await context.publisher.publish(APPROVER, { mode: 'enforce', enforceFrom: '2026-07-27T00:00:00+07:00' })
    approved.set(12)
    await context.publisher.publish(APPROVER, {})
    const { header } = parseAllowDocument((await client.fetchNewest())?.document ?? Buffer.alloc(0))
    expect(header).toMatchObject({ revision: 2, mode: 'enforce', enforceFrom: '2026-07-27T00:00:00+07:00' })
  })

  it('killed between any two steps, is repaired by the next start: database and files agree, and no number is used twice', async () => {
    const whole = await aPublisher()
    await whole.context.publisher.publish(APPROVER, {})
    const before = whole.files.steps
    whole.approved.set(11)
    await whole.context.publisher.publish(APPROVER, {})
    const steps = whole.files.steps - before
    expect(steps).toBeGreaterThanOrEqual(8)

    for (let step = 0; step < steps; step++) {
      const setup = await aPublisher()
      await setup.context.publisher.publish(APPROVER, {})
      setup.approved.set(11)
      setup.files.killAt(setup.files.steps + step)
      await expect(setup.context.publisher.publish(APPROVER, {}), `step ${step}`).rejects.toThrow(Killed)
      setup.files.killAt(Number.POSITIVE_INFINITY)
      const seen = (await setup.client.fetchNewest())?.revision
      await setup.context.publisher.reload()
      expect(await states(setup), `step ${step}`).toEqual([
        [1, 'published'],
        [2, seen === 2 ? 'published' : 'failed'],
      ])
      const next = await setup.context.publisher.publish(APPROVER, {})
      expect(next.revision, `step ${step}`).toBe(seen === 2 ? 2 : 3)
      expect((await setup.client.fetchNewest())?.revision, `step ${step}`).toBe(next.revision)
      expect(await verifyAudit(setup.context.store)).toMatchObject({ kind: 'whole' })
    }
  })

  it('goes on above the repository after an older database was restored, and takes its revisions over', async () => {
    const setup = await aPublisher()
    for (let count = 10; count < 14; count++) {
      setup.approved.set(count)
      await setup.context.publisher.publish(APPROVER, {})
    }
    await setup.context.store.transact(APPROVER, async (tx) => {
      await tx.db.deleteFrom('revision').where('revision', '>', 2).execute()
      await tx.audit({ action: 'test.restore', target: 'backup' })
    })
    setup.approved.set(15)
    expect(await setup.context.publisher.publish(APPROVER, {})).toMatchObject({ revision: 5 })
    expect(await states(setup)).toEqual([1, 2, 3, 4, 5].map((revision) => [revision, 'published']))
  })
})

describe('a list that shrinks past the limits', () => {
  it('needs another person’s word for exactly these figures', async () => {
    const setup = await aPublisher()
    const { app, as, approved, client } = setup
    const publish = (who: 'approver' | 'otherApprover') =>
      app.inject({ method: 'POST', url: '/v1/revisions', headers: as[who], payload: {} })
    expect((await publish('approver')).statusCode).toBe(201)
    approved.set(5)
    const refused = await publish('approver')
    expect(refused.json()).toMatchObject({
      status: 409,
      code: 'SHRINK_NEEDS_SECOND_APPROVAL',
      facts: { rule: 'LIST_SHRINKS', entriesBefore: 10, entries: 5, removed: 5 },
    })
    const { digest } = refused.json<{ facts: { digest: string } }>().facts
    expect((await client.fetchNewest())?.revision).toBe(1)

    expect(await approveShrink(setup, { reason: 'station closed', digest: '0'.repeat(64) })).toBe(201)
    expect((await publish('approver')).statusCode).toBe(409)
    expect(await approveShrink(setup, { reason: 'station closed', digest })).toBe(201)
    expect((await publish('otherApprover')).json()).toMatchObject({ code: 'SHRINK_NEEDS_SECOND_APPROVAL' })
    const done = await publish('approver')
    expect(done.json()).toMatchObject({ entries: 5, added: 0, removed: 5 })
    const { header } = parseAllowDocument((await client.fetchNewest())?.document ?? Buffer.alloc(0))
    expect(header.shrink).toEqual({ reason: 'station closed', requestedBy: 'approver-2', approvedBy: 'approver-1' })
  })

  it('takes an approval once and not after it expired', async () => {
    const setup = await aPublisher()
    const { context, approved, clock } = setup
    await context.publisher.publish(APPROVER, {})
    approved.set(5)
    await approveShrink(setup, { reason: 'closed', entries: 5, removed: 5 })
    clock.moveBy(24 * 3_600_000)
    await expect(context.publisher.publish(APPROVER, {})).rejects.toMatchObject({ code: 'SHRINK_NEEDS_SECOND_APPROVAL' })
    await setup.context.publisher.refresh()
    await approveShrink(setup, { reason: 'closed', entries: 5, removed: 5 })
    await context.publisher.publish(APPROVER, {})
    approved.set(10)
    await context.publisher.publish(APPROVER, {})
    approved.set(5)
    await expect(context.publisher.publish(APPROVER, {})).rejects.toMatchObject({ code: 'SHRINK_NEEDS_SECOND_APPROVAL' })
  })

  it('needs it for an empty list and for a lost province, too', async () => {
    const { context, approved } = await aPublisher()
    await context.publisher.publish(APPROVER, {})
    approved.set(0)
    await expect(context.publisher.publish(OTHER, {})).rejects.toMatchObject({ facts: { rule: 'LIST_EMPTY' } })
    approved.set(10, '02')
    await expect(context.publisher.publish(OTHER, {})).rejects.toMatchObject({ facts: { rule: 'PROVINCE_LOST' } })
  })
})

describe('publishIfDue', () => {
  it('publishes when a date has come, and only then', async () => {
    const { context, approved, clock } = await aPublisher()
    expect(await context.publisher.publishIfDue()).toBeUndefined()
    await context.publisher.publish(APPROVER, {})
    approved.set(11)
    clock.moveBy(60_000)
    expect(await context.publisher.publishIfDue()).toBeUndefined()
    approved.boundariesMs.push(clock.nowMs())
    expect(await context.publisher.publishIfDue()).toMatchObject({ revision: 2, added: 1 })
    clock.moveBy(60_000)
    expect(await context.publisher.publishIfDue()).toBeUndefined()
  })

  it('never shrinks the list on its own: it says so once, then waits for a person', async () => {
    const setup = await aPublisher()
    const { context, approved, clock } = setup
    await context.publisher.publish(APPROVER, {})
    approved.set(3)
    await approveShrink(setup, { reason: 'closed', entries: 3, removed: 7 })
    clock.moveBy(60_000)
    approved.boundariesMs.push(clock.nowMs())
    await expect(context.publisher.publishIfDue()).rejects.toMatchObject({ code: 'SHRINK_NEEDS_SECOND_APPROVAL' })
    clock.moveBy(60_000)
    expect(await context.publisher.publishIfDue()).toBeUndefined()
    expect(context.publisher.revision).toBe(1)
  })
})
