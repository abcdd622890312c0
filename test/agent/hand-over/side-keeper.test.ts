import { describe, expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { createSideKeeper } from '../../../agent/hand-over/side-keeper.ts'
import { createStatusBoard } from '../../../agent/status/status-board.ts'
import type { HeldRevision } from '../../../agent/sync/held-revision.ts'
import { sha256Of } from '../../../agent/sync/held-revision.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { summaryOf } from '../../../rules/revisions/revision-summary.ts'
import { createFakeHandOver, createFakeSideStore } from '../../fakes/fake-hand-over.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { aSide, createFakeSides } from '../../support/side-documents.ts'

const NEVER = new AbortController().signal

function scene(store = createFakeSideStore(), handOver = createFakeHandOver()) {
  const identity = { name: 'edge-1', agentVersion: '0', localHold: false, backend: { name: 'nft', reason: '' } }
  const board = createStatusBoard(identity, createMovableClock(0))
  const blocks: number[] = []
  const sides = createFakeSides()
  const keeper = createSideKeeper({ store, handOver, board, log: createFakeLog(), onBlocks: (version) => blocks.push(version) })
  return {
    store,
    handOver,
    blocks,
    keeper,
    sides,
    publish: (kind: Parameters<typeof aSide>[0], version: number) =>
      sides.newest.set(kind, { version, bytes: aSide(kind, version) }),
    pull: () => keeper.pull(sides.source, NEVER),
    faults: () => board.read().faults.map(({ area, code }) => [area, code]),
    documents: () => board.read().documents,
  }
}

function aList(revision: number, ...addresses: string[]): HeldRevision {
  const entries = addresses.map((address) => anEntry(address))
  const bytes = revisionBytes({ revision, publishedAt: '2026-03-02T01:00:00+00:00', entries })
  const document = parseAllowDocument(bytes)
  return { document, summary: summaryOf(document), bytes, sha256: sha256Of(bytes) }
}

describe('createSideKeeper', () => {
  it('takes what is new of each kind and hands over the exact bytes, once', async () => {
    const { publish, pull, handOver, blocks, documents, keeper } = scene()
    for (const kind of ['blocks', 'policy', 'users', 'grants'] as const) publish(kind, 3)
    expect(await pull()).toEqual({ kind: 'nothing-published' })
    expect(documents()).toEqual({ policy: 3, users: 3, grants: 3 })
    expect(blocks).toEqual([3])
    expect(keeper.wantedKeys).toEqual(['0123456789abcdef'])
    expect(handOver.files.get('grants.json')?.equals(aSide('grants', 3))).toBe(true)
    await pull()
    expect(handOver.puts.toSorted()).toEqual(['blocks.json', 'grants.json', 'policy.json', 'users.json'])
    publish('grants', 4)
    await pull()
    expect(handOver.puts.slice(4)).toEqual(['grants.json'])
  })

  it('goes on after a restart with what it held, without central, and takes nothing older', async () => {
    const before = scene()
    for (const kind of ['blocks', 'policy'] as const) before.publish(kind, 7)
    await before.pull()
    before.handOver.files.clear()
    const after = scene(before.store, before.handOver)
    await after.keeper.recall()
    expect(after.documents().policy).toBe(7)
    expect(after.blocks).toEqual([7])
    expect([...after.handOver.files.keys()].toSorted()).toEqual(['blocks.json', 'policy.json'])
    after.publish('policy', 6)
    await after.pull()
    expect(after.faults()).toEqual([['documents', 'METADATA_OLDER']])
    expect(after.handOver.files.get('policy.json')?.equals(aSide('policy', 7))).toBe(true)
    after.publish('policy', 8)
    await after.pull()
    expect([after.faults(), after.documents().policy]).toEqual([[], 8])
  })

  it('takes nothing older where the document kept was torn, but the same one again', async () => {
    const before = scene()
    before.publish('grants', 7)
    await before.pull()
    before.store.tear('grants')
    const after = scene(before.store)
    await after.keeper.recall()
    after.publish('grants', 6)
    await after.pull()
    expect([after.faults(), after.documents().grants]).toEqual([[['documents', 'METADATA_OLDER']], 0])
    after.publish('grants', 7)
    await after.pull()
    expect([after.faults(), after.documents().grants]).toEqual([[], 7])
  })

  it('refuses a document that is none, or says another version, and takes the other kinds all the same', async () => {
    const { publish, sides, pull, faults, documents, handOver } = scene()
    sides.newest.set('policy', { version: 2, bytes: aSide('policy', 1) })
    publish('grants', 2)
    await pull()
    expect([faults(), documents()]).toEqual([[['documents', 'TARGET_MISMATCH']], { policy: 0, users: 0, grants: 2 }])
    sides.newest.set('policy', { version: 2, bytes: Buffer.from('{}') })
    await pull()
    expect([faults(), handOver.files.has('policy.json')]).toEqual([[['documents', 'POLICY_FIELD']], false])
  })

  it('says whether it is worth trying again soon', async () => {
    const { sides, pull } = scene()
    sides.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    expect(await pull()).toMatchObject({ kind: 'failed', isAway: true })
    expect(sides.asked).toEqual(['blocks'])
    sides.failWith(new ControlLinkError('CONTROL_BUSY', 'later', { status: 503, retryAfterMs: 5000 }))
    expect(await pull()).toMatchObject({ kind: 'failed', isAway: false, retryAfterMs: 5000 })
    sides.failWith(undefined)
    // The target of a version that was followed by the next one is gone.
    sides.failWith(new ControlLinkError('CONTROL_NOT_FOUND', 'gone', { status: 404 }), 'grants')
    expect(await pull()).toMatchObject({ kind: 'failed', isAway: true })
  })

  it('keeps and hands over later what a full disk did not take', async () => {
    const { publish, pull, store, handOver, faults, keeper, documents } = scene()
    store.failWrites(true)
    publish('grants', 2)
    await pull()
    expect([faults(), documents().grants]).toEqual([[['hand-over', 'STATE_UNWRITABLE']], 2])
    store.failWrites(false)
    handOver.failWrites(true)
    await keeper.settle(undefined)
    expect(faults()).toEqual([['hand-over', 'HAND_OVER_UNWRITABLE']])
    handOver.failWrites(false)
    await keeper.settle(undefined)
    expect([faults(), handOver.puts, (await store.find('grants'))?.version]).toEqual([[], ['grants.json'], 2])
  })

  it('hands over nothing where there is no folder, and all of it once there is', async () => {
    const { publish, pull, handOver, faults, keeper } = scene()
    handOver.setThere(false)
    publish('policy', 1)
    await pull()
    await keeper.settle(aList(1, '14.160.0.7'))
    expect([faults(), handOver.puts]).toEqual([[], []])
    handOver.setThere(true)
    await keeper.settle(aList(1, '14.160.0.7'))
    expect(handOver.puts).toEqual(['policy.json', 'facilities.json'])
  })

  it('writes the facilities only where the list differs', async () => {
    const { keeper, handOver, store } = scene()
    await keeper.settle(aList(1, '14.160.0.7'))
    await keeper.settle(aList(1, '14.160.0.7'))
    await keeper.settle(aList(2, '14.160.0.7'))
    expect(handOver.puts).toEqual(['facilities.json'])
    await scene(store, handOver).keeper.settle(aList(2, '14.160.0.7'))
    expect(handOver.puts).toEqual(['facilities.json'])
    await keeper.settle(aList(3, '14.160.0.7', '14.160.0.8'))
    expect(handOver.puts).toHaveLength(2)
  })
})
