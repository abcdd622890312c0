import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ControlClient } from '../../../agent/control/control-client.ts'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { sha256Of } from '../../../agent/sync/held-revision.ts'
import { pinRoot } from '../../../agent/trust/trust-store.ts'
import { createTufSource } from '../../../agent/trust/tuf-source.ts'
import type { ApprovedList } from '../../../control-api/publication/approved-list.ts'
import { initRepository } from '../../../control-api/publication/repository.ts'
import type { SideKind } from '../../../rules/documents/side-kind.ts'
import { createFakeRepositoryFiles } from '../../fakes/fake-repository-files.ts'
import { anEntry } from '../../support/allow-lists.ts'
import { createControlAppSetup } from '../../support/control-app.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { someKeys } from '../../support/signing-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NEVER = new AbortController().signal

/** A repository with a publisher, and a source that reads it as an edge does; `meddle` stands between. */
async function scene() {
  const { context, files } = await createControlAppSetup({ approved: listThatGrows() })
  const asked: string[] = []
  let meddle = (_path: string, bytes: Buffer): Buffer | Error => bytes
  const client = {
    async fetchBytes(path: string, maxBytes: number) {
      asked.push(path)
      const found = await files.find(path.replace(/^\/v1\/tuf\//, ''))
      const bytes = found === undefined ? new ControlLinkError('CONTROL_NOT_FOUND', path, { status: 404 }) : meddle(path, found)
      if (bytes instanceof Error) throw bytes
      if (bytes.length > maxBytes) throw new ControlLinkError('CONTROL_ANSWER', 'too long')
      return bytes
    },
  } as Partial<ControlClient> as ControlClient
  const folder = await temporaryFolder()
  await pinRoot(folder, (await files.find('metadata/1.root.json'))?.toString() ?? '')
  const source = createTufSource(client, folder)
  return {
    asked,
    files,
    folder,
    source,
    client,
    publishSide: (kind: SideKind, text: string) => context.publisher.publishSide(kind, () => Buffer.from(text)),
    publishBlocks: () => context.publisher.publishBlocks([]),
    publish: () => context.publisher.publish({ person: 'approver-1', role: 'approver' }, { force: true }),
    meddleWith: (change: (path: string, bytes: Buffer) => Buffer | Error) => {
      meddle = change
    },
  }
}

/** Approvals of which there is one more each time. */
function listThatGrows(): ApprovedList {
  const state = { count: 10 }
  return {
    async entriesAt() {
      state.count += 1
      return Array.from({ length: state.count }, (_, i) => anEntry(`14.160.0.${i + 1}`))
    },
    changesBetween: async () => true,
  }
}

describe('createTufSource', () => {
  it('gives the newest list once, and says that it is held after', async () => {
    const { source, publish, asked } = await scene()
    expect(await source.pull(undefined, NEVER)).toEqual({ kind: 'none' })
    await publish()
    await publish()
    const pulled = await source.pull(undefined, NEVER)
    if (pulled.kind !== 'fetched') throw new Error(pulled.kind)
    expect(pulled.revision).toBe(2)
    const held = { revision: 2, sha256: sha256Of(pulled.bytes) }
    asked.length = 0
    expect(await source.pull(held, NEVER)).toEqual({ kind: 'held', revision: 2 })
    expect(asked).toEqual(['/v1/tuf/metadata/2.root.json', '/v1/tuf/metadata/timestamp.json'])
    expect(await source.pull({ ...held, sha256: '0'.repeat(64) }, NEVER)).toMatchObject({ kind: 'fetched', revision: 2 })
  })

  it.each<[string, RegExp, (bytes: Buffer) => Buffer | Error, string]>([
    ['a changed timestamp', /timestamp\.json$/, flipped, 'METADATA_REFUSED'],
    ['a changed snapshot', /snapshot\.json$/, flipped, 'METADATA_REFUSED'],
    ['changed targets', /targets\.json$/, flipped, 'METADATA_REFUSED'],
    ['a timestamp that is no JSON', /timestamp\.json$/, () => Buffer.from('<html>'), 'METADATA_REFUSED'],
    ['an endless timestamp', /timestamp\.json$/, () => Buffer.alloc(20_000), 'CONTROL_ANSWER'],
    ['a changed list', /\.full$/, flipped, 'TARGET_MISMATCH'],
    ['a cut list', /\.full$/, (bytes) => bytes.subarray(0, -1), 'TARGET_MISMATCH'],
    ['a longer list', /\.full$/, (bytes) => Buffer.concat([bytes, bytes]), 'TARGET_MISMATCH'],
    ['no list at all', /\.full$/, () => new ControlLinkError('CONTROL_NOT_FOUND', 'x', { status: 404 }), 'CONTROL_NOT_FOUND'],
    ['a refusal', /timestamp\.json$/, () => new ControlLinkError('CONTROL_REFUSED', 'x', { status: 401 }), 'CONTROL_REFUSED'],
    [
      'a broken line in the snapshot',
      /snapshot\.json$/,
      () => new ControlLinkError('CONTROL_UNREACHABLE', 'x'),
      'CONTROL_UNREACHABLE',
    ],
    [
      'a busy server',
      /root\.json$/,
      () => new ControlLinkError('CONTROL_BUSY', 'x', { status: 503, retryAfterMs: 5 }),
      'CONTROL_BUSY',
    ],
  ])('refuses %s, and takes the true one after', async (_what, where, change, code) => {
    const { source, publish, meddleWith } = await scene()
    await publish()
    meddleWith((path, bytes) =>
      where.test(path) || (code === 'CONTROL_BUSY' && path.endsWith('timestamp.json')) ? change(bytes) : bytes,
    )
    await expect(source.pull(undefined, NEVER)).rejects.toMatchObject({ code })
    meddleWith((_path, bytes) => bytes)
    expect(await source.pull(undefined, NEVER)).toMatchObject({ kind: 'fetched', revision: 1 })
  })

  it('refuses a timestamp older than one it saw', async () => {
    const { source, publish, files } = await scene()
    await publish()
    const old = await files.find('metadata/timestamp.json')
    await publish()
    await source.pull(undefined, NEVER)
    await files.write('metadata/timestamp.json', old ?? Buffer.from(''))
    await expect(source.pull(undefined, NEVER)).rejects.toMatchObject({ code: 'METADATA_OLDER' })
  })

  it('refuses metadata signed by the keys of somebody else', async () => {
    const { source, publish, files } = await scene()
    await publish()
    const other = createFakeRepositoryFiles()
    const keys = someKeys()
    const dayMs = 86_400_000
    const validity = { rootMs: dayMs, targetsMs: dayMs, snapshotMs: dayMs, timestampMs: dayMs }
    await initRepository({ files: other, clock: createMovableClock(Date.now()), keep: 5, validity, keys: keys.online }, keys.root)
    for (const [path, bytes] of other.entries) await files.write(path, bytes)
    await expect(source.pull(undefined, NEVER)).rejects.toMatchObject({ code: 'METADATA_REFUSED' })
  })

  it('refuses metadata that has expired', async () => {
    const { client, files } = await scene()
    const dayMs = 86_400_000
    const keys = someKeys()
    const frozen = createFakeRepositoryFiles()
    const validity = { rootMs: 4000 * dayMs, targetsMs: dayMs, snapshotMs: dayMs, timestampMs: dayMs }
    const clock = createMovableClock(Date.now() - 2 * dayMs)
    await initRepository({ files: frozen, clock, keep: 5, validity, keys: keys.online }, keys.root)
    for (const [path, bytes] of frozen.entries) await files.write(path, bytes)
    const folder = await temporaryFolder()
    await pinRoot(folder, frozen.entries.get('metadata/1.root.json')?.toString() ?? '')
    await expect(createTufSource(client, folder).pull(undefined, NEVER)).rejects.toMatchObject({ code: 'METADATA_EXPIRED' })
  })

  it('goes on from the pinned root where its store was torn', async () => {
    const { source, publish, folder } = await scene()
    await publish()
    await source.pull(undefined, NEVER)
    for (const file of await readdir(join(folder, 'metadata'))) await writeFile(join(folder, 'metadata', file), '{"signed":')
    expect(await source.pull(undefined, NEVER)).toMatchObject({ kind: 'fetched', revision: 1 })
  })

  it.each([['timestamp'], ['snapshot'], ['targets']])(
    'says that its store cannot be used for the %s, and does not crash',
    async (role) => {
      const { source, publish, folder } = await scene()
      await publish()
      await source.pull(undefined, NEVER)
      const file = join(folder, 'metadata', `${role}.json`)
      await rm(file)
      await mkdir(file)
      await expect(source.pull(undefined, NEVER)).rejects.toMatchObject({ code: 'TRUST_STORE' })
      await rm(folder, { recursive: true })
      await expect(source.pull(undefined, NEVER)).rejects.toMatchObject({ code: 'TRUST_STORE' })
    },
  )
})

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  const at = changed.lastIndexOf('1')
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

describe('pullSide', () => {
  it('gives each kind of document by the metadata verified last, and none twice', async () => {
    const { source, publish, publishBlocks, publishSide, asked } = await scene()
    expect(await source.pullSide?.('blocks', 0, NEVER)).toEqual({ kind: 'none' })
    await publish()
    await publishBlocks()
    await publishSide('grants', 'first')
    await source.pull(undefined, NEVER)
    const before = asked.length
    expect(await source.pullSide?.('blocks', 0, NEVER)).toMatchObject({ kind: 'fetched', version: 1 })
    expect(await source.pullSide?.('grants', 0, NEVER)).toEqual({ kind: 'fetched', version: 1, bytes: Buffer.from('first') })
    expect(await source.pullSide?.('users', 0, NEVER)).toEqual({ kind: 'none' })
    expect(asked.length - before).toBe(2)
    await publishSide('grants', 'second')
    expect(await source.pullSide?.('grants', 1, NEVER)).toEqual({ kind: 'held' })
    await source.refresh?.(NEVER)
    expect(await source.pullSide?.('grants', 1, NEVER)).toMatchObject({ kind: 'fetched', version: 2 })
  })

  it('is not disturbed by a pull of the list at the same time', async () => {
    const { source, publish, publishSide } = await scene()
    await publish()
    await publishSide('grants', 'first')
    const work = [source.pull(undefined, NEVER), source.refresh?.(NEVER), source.pullSide?.('grants', 0, NEVER)]
    expect(await Promise.all([...work, source.pull(undefined, NEVER)])).toMatchObject([
      { kind: 'fetched', revision: 1 },
      undefined,
      { kind: 'fetched', version: 1 },
      { kind: 'fetched', revision: 1 },
    ])
  })

  it('refuses a document with one byte changed on the way', async () => {
    const { source, publish, publishBlocks, meddleWith } = await scene()
    await publish()
    await publishBlocks()
    meddleWith((path, bytes) => (path.includes('/blocks/') ? Buffer.concat([bytes.subarray(0, -1), Buffer.from(' ')]) : bytes))
    await expect(source.pullSide?.('blocks', 0, NEVER)).rejects.toMatchObject({ code: 'TARGET_MISMATCH' })
  })
})
