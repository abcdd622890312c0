import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  cleanRepository,
  initRepository,
  newestSides,
  newestTarget,
  publishDocument,
  publishSide,
  type RepositoryParts,
  refreshMetadata,
} from '../../../control-api/publication/repository.ts'
import { readCurrent, sha256Hex } from '../../../control-api/publication/signed-metadata.ts'
import { createFakeRepositoryFiles, type FakeRepositoryFiles, Killed } from '../../fakes/fake-repository-files.ts'
import { createMovableClock, type MovableClock } from '../../support/movable-clock.ts'
import { aKey, someKeys } from '../../support/signing-keys.ts'
import { createTufClient, type TufClient } from '../../support/tuf-client.ts'

const DAY_MS = 86_400_000
const START_MS = Date.parse('2026-03-01T00:00:00Z')
const VALIDITY = { rootMs: 365 * DAY_MS, targetsMs: 90 * DAY_MS, snapshotMs: 7 * DAY_MS, timestampMs: DAY_MS }

interface Setup {
  parts: RepositoryParts
  files: FakeRepositoryFiles
  clock: MovableClock
  root: Buffer
  client: TufClient
}

async function aRepository(keep = 3): Promise<Setup> {
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS })
  onTestFinished(() => void vi.useRealTimers())
  const clock = createMovableClock(START_MS)
  const files = createFakeRepositoryFiles()
  const keys = someKeys()
  const parts = { files, keys: keys.online, clock, validity: VALIDITY, keep }
  await initRepository(parts, keys.root)
  const root = files.entries.get('metadata/1.root.json') ?? Buffer.alloc(0)
  return { parts, files, clock, root, client: await aClient(files, root) }
}

function aClient(files: FakeRepositoryFiles, root: Buffer): Promise<TufClient> {
  return createTufClient(root, async (path) => files.entries.get(path) ?? 404)
}

async function publish(parts: RepositoryParts, revision: number): Promise<void> {
  await publishDocument(parts, Buffer.from(`list of ${revision}\n`), {
    revision,
    digest: sha256Hex(Buffer.from(`${revision}`)),
    entries: revision,
  })
}

describe('publishDocument', () => {
  it('gives tuf-js an empty repository before the first list', async () => {
    const { client } = await aRepository()
    expect(await client.fetchNewest()).toBeUndefined()
  })

  it('gives tuf-js the document and its figures, revision after revision', async () => {
    const { parts, client } = await aRepository()
    for (const revision of [1, 2, 7]) {
      await publish(parts, revision)
      const got = await client.fetchNewest()
      expect(got?.document.toString()).toBe(`list of ${revision}\n`)
      expect(got?.custom).toEqual({ revision, digest: sha256Hex(Buffer.from(`${revision}`)), entries: revision })
    }
  })

  it('refuses a number that is not newer', async () => {
    const { parts } = await aRepository()
    await publish(parts, 2)
    await expect(publish(parts, 2)).rejects.toMatchObject({ code: 'REPOSITORY_BROKEN' })
  })

  it('refuses a key that the root does not trust', async () => {
    const { parts } = await aRepository()
    const strange = { ...parts, keys: { ...parts.keys, targets: aKey('strange') } }
    await expect(publish(strange, 1)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' })
  })

  it('keeps only the newest lists', async () => {
    const { parts, files } = await aRepository(2)
    for (const revision of [1, 2, 3, 4]) await publish(parts, revision)
    const kept = [...files.entries.keys()].filter((path) => path.startsWith('targets/'))
    expect(new Set(kept.map((path) => path.split('.')[1]))).toEqual(new Set(['3', '4']))
  })

  it('killed between any two steps, leaves clients the old or the new revision whole, and the next start repairs', async () => {
    const whole = await aRepository(1)
    await publish(whole.parts, 1)
    const before = whole.files.steps
    await publish(whole.parts, 2)
    const stepsOfOne = whole.files.steps - before

    const seen: number[] = []
    for (let step = 0; step < stepsOfOne; step++) {
      const { parts, files, client, root } = await aRepository(1)
      await publish(parts, 1)
      await client.fetchNewest()
      files.killAt(files.steps + step)
      await expect(publish(parts, 2)).rejects.toThrow(Killed)
      files.killAt(Number.POSITIVE_INFINITY)
      const revision = (await client.fetchNewest())?.revision ?? 0
      seen.push(revision)
      await cleanRepository(parts)
      expect((await client.fetchNewest())?.revision, `step ${step} after repair`).toBe(revision)
      expect([...files.entries.keys()].filter((path) => path.endsWith('.unfinished'))).toEqual([])
      await publish(parts, 3)
      expect((await client.fetchNewest())?.revision, `step ${step} next`).toBe(3)
      expect((await (await aClient(files, root)).fetchNewest())?.document.toString()).toBe('list of 3\n')
    }
    expect(stepsOfOne).toBeGreaterThanOrEqual(8)
    expect(seen.slice(0, 8)).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
    expect(new Set(seen.slice(8))).toEqual(new Set([2]))
  })
})

describe('initRepository', () => {
  it('refuses a repository that has a root', async () => {
    const { parts } = await aRepository()
    await expect(initRepository(parts, someKeys().root)).rejects.toMatchObject({ code: 'ALREADY_INITIALISED' })
  })
})

describe('refreshMetadata', () => {
  it('signs the timestamp again before it lapses, so that clients go on', async () => {
    const { parts, clock, client } = await aRepository()
    await publish(parts, 1)
    vi.setSystemTime(START_MS + 2 * DAY_MS)
    clock.moveTo(START_MS + 2 * DAY_MS)
    await expect(client.fetchNewest()).rejects.toThrow(/expired/i)
    await refreshMetadata(parts)
    expect((await client.fetchNewest())?.revision).toBe(1)
  })

  it('signs targets and snapshot again once half of their time is over', async () => {
    const { parts, clock, files, client } = await aRepository()
    await publish(parts, 1)
    const before = await readCurrent(files)
    for (let day = 0; day < 200; day += 3) {
      clock.moveBy(3 * DAY_MS)
      await refreshMetadata(parts)
    }
    vi.setSystemTime(clock.nowMs())
    expect((await client.fetchNewest())?.revision).toBe(1)
    expect((await readCurrent(files)).targets.version).toBeGreaterThan(before.targets.version)
  })
})

describe('readCurrent', () => {
  it.each([
    ['metadata/timestamp.json', 'a changed timestamp'],
    ['metadata/2.snapshot.json', 'a changed snapshot'],
    ['metadata/2.targets.json', 'changed targets'],
  ])('refuses %s with one byte changed', async (path) => {
    const { parts, files } = await aRepository()
    await publish(parts, 1)
    const bytes = Buffer.from(files.entries.get(path) ?? '')
    const at = bytes.indexOf('"version":') + 10
    bytes[at] = (bytes[at] ?? 0) + 1
    await files.write(path, bytes)
    await expect(readCurrent(files)).rejects.toMatchObject({ code: 'REPOSITORY_BROKEN' })
  })

  it('gives the newest list', async () => {
    const { parts, files } = await aRepository()
    await publish(parts, 1)
    await publish(parts, 10)
    expect(newestTarget(await readCurrent(files))).toMatchObject({ revision: 10, entries: 10 })
  })
})

describe('publishSide', () => {
  const bytesOf = (version: number): Buffer => Buffer.from(`document ${version}\n`)
  const sidesOf = async (files: FakeRepositoryFiles) => newestSides(await readCurrent(files))

  it('keeps the newest documents of each kind beside all lists, through new lists and new signatures', async () => {
    const { parts, files, client } = await aRepository()
    await publish(parts, 1)
    for (let version = 1; version <= 5; version += 1) expect(await publishSide(parts, 'grants', bytesOf)).toBe(version)
    expect(await publishSide(parts, 'policy', async (version) => bytesOf(version))).toBe(1)
    await publish(parts, 2)
    await refreshMetadata(parts)
    const current = await readCurrent(files)
    expect(newestTarget(current)?.revision).toBe(2)
    expect(newestSides(current)).toEqual({ blocks: 0, policy: 1, users: 0, grants: 5 })
    // Somebody may be fetching the one before, or the one before that.
    const names = ['allow/1.full', 'allow/2.full', 'grants/3.json', 'grants/4.json', 'grants/5.json', 'policy/1.json']
    expect(Object.keys(current.targets.targets).toSorted()).toEqual(names)
    expect([...files.entries.keys()].filter((path) => path.startsWith('targets/'))).toHaveLength(names.length)
    expect((await client.fetchNewest())?.revision).toBe(2)
  })

  it('goes out before there is any list', async () => {
    const { parts, files } = await aRepository()
    expect(await publishSide(parts, 'blocks', bytesOf)).toBe(1)
    expect(newestTarget(await readCurrent(files))).toBeUndefined()
  })

  it('changes nothing where the document cannot be made', async () => {
    const { parts, files } = await aRepository()
    await expect(publishSide(parts, 'users', () => Promise.reject(new Error('no users')))).rejects.toThrow('no users')
    expect((await sidesOf(files)).users).toBe(0)
    expect(await publishSide(parts, 'users', bytesOf)).toBe(1)
  })

  it('killed between any two steps, leaves the document before or the new one, and the next is newer', async () => {
    const whole = await aRepository()
    await publish(whole.parts, 1)
    await publishSide(whole.parts, 'users', bytesOf)
    const before = whole.files.steps
    await publishSide(whole.parts, 'users', bytesOf)
    const steps = whole.files.steps - before
    expect(steps).toBeGreaterThanOrEqual(4)
    for (let step = 0; step < steps; step += 1) {
      const { parts, files, client } = await aRepository()
      await publish(parts, 1)
      await publishSide(parts, 'users', bytesOf)
      files.killAt(files.steps + step)
      await expect(publishSide(parts, 'users', bytesOf), `step ${step}`).rejects.toThrow(Killed)
      files.killAt(Number.POSITIVE_INFINITY)
      const seen = (await sidesOf(files)).users
      expect([1, 2], `step ${step}`).toContain(seen)
      expect((await client.fetchNewest())?.revision, `step ${step}`).toBe(1)
      expect(await publishSide(parts, 'users', bytesOf), `step ${step}`).toBe(seen + 1)
    }
  })
})
