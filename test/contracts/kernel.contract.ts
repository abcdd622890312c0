import assert from 'node:assert/strict'
import { DriftError } from '../../agent/drift/drift-error.ts'
import type { KernelChange } from '../../agent/drift/kernel-change.ts'
import type { KernelReader } from '../../agent/drift/kernel-reader.ts'
import type { KernelWatch } from '../../agent/drift/kernel-watch.ts'
import type { Firewall } from '../../agent/firewall/firewall.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { aProgram, blockSetOf } from '../support/filter-programs.ts'
import { until } from '../support/until.ts'

/** An ear and an eye for a kernel in which nothing is in force, and somebody else's hands in it. */
export interface KernelUnderTest {
  readonly firewall: Firewall
  readonly watch: KernelWatch
  readonly reader: KernelReader
  /** Somebody else puts a host into `host4`. */
  meddle(): Promise<void>
  /** Somebody else changes a table that is not ours. */
  changeOther(): Promise<void>
  /** The listener dies. */
  deafen(): void
}

export interface KernelCase {
  readonly name: string
  readonly run: (subject: KernelUnderTest) => Promise<void>
}

const NEVER = new AbortController().signal

/** What every `KernelWatch` and `KernelReader` promises. */
export const KERNEL_CONTRACT: readonly KernelCase[] = [
  {
    name: 'listen: hears of the changes of others to our table, with what they touched and who they are, and of no others',
    run: async (subject) => {
      await subject.firewall.apply(aProgram({ approve: ['20.1.0.1'] }))
      await using ear = await listening(subject.watch)
      await subject.firewall.apply(aProgram({ revision: 2, approve: ['20.1.0.1', '20.1.0.2'] }))
      await subject.firewall.setBlocked([])
      await subject.changeOther()
      await subject.meddle()
      await until('a change is heard', () => ear.heard[0])
      assert.equal(ear.heard.length, 1)
      assert.deepEqual(ear.heard[0]?.touches, [{ verb: 'add', object: 'element', name: 'host4' }])
      assert.ok((ear.heard[0]?.process.pid ?? 0) > 0)
      assert.notEqual(ear.heard[0]?.process.name, '')
    },
  },
  {
    name: 'listen: ends without a throw when it is told to',
    run: async ({ watch }) => {
      const ear = await listening(watch)
      await ear[Symbol.asyncDispose]()
      assert.equal(await ear.ended, undefined)
    },
  },
  {
    name: 'listen: says so when it no longer hears, and hears again when asked again',
    run: async (subject) => {
      await subject.firewall.apply(aProgram({ approve: ['20.1.0.1'] }))
      const ear = await listening(subject.watch)
      subject.deafen()
      const error = await ear.ended
      assert.ok(error instanceof DriftError && error.code === 'LISTENER_AWAY', String(error))
      await using next = await listening(subject.watch)
      await subject.meddle()
      await until('a change is heard', () => next.heard[0])
    },
  },
  {
    name: 'read: gives the digests of what was applied, whatever its size and family',
    run: async ({ firewall, reader }) => {
      const lists = [[], ['20.1.0.1'], ['20.1.0.1', '20.2.0.0/24', '2400:1::1', '2400:2::/48'], ['2400:1::/127']]
      for (const [index, approve] of lists.entries()) {
        const manage = ['10.0.0.0/8', 'fd00::1']
        const program = aProgram({ revision: index + 1, approve, manage })
        await firewall.apply(program)
        assert.deepEqual(await reader.read(NEVER), {
          approved: program.digest,
          management: digestOf(blockSetOf(manage)),
          blocks: approve.length,
        })
      }
    },
  },
  {
    name: 'read: gives another digest once somebody else was at the elements',
    run: async (subject) => {
      const program = aProgram({ approve: ['20.1.0.1'] })
      await subject.firewall.apply(program)
      await subject.meddle()
      assert.notEqual((await subject.reader.read(NEVER)).approved, program.digest)
    },
  },
  {
    name: 'read: says so where nothing is there to be read',
    run: async ({ reader }) => {
      await assert.rejects(reader.read(NEVER), (error) => error instanceof DriftError && error.code === 'PROOF_UNREADABLE')
    },
  },
]

interface Ear extends AsyncDisposable {
  readonly heard: readonly KernelChange[]
  /** What ended it; `undefined` where it was told to end. */
  readonly ended: Promise<unknown>
}

async function listening(watch: KernelWatch): Promise<Ear> {
  const ending = new AbortController()
  const ready = Promise.withResolvers<void>()
  const heard: KernelChange[] = []
  const ended = watch
    .listen(
      {
        onListening: ready.resolve,
        onForeign: (change) => void heard.push(change),
        onLost: () => undefined,
      },
      ending.signal,
    )
    .catch((error: unknown) => error)
  await Promise.race([ready.promise, ended])
  return {
    heard,
    ended,
    async [Symbol.asyncDispose]() {
      ending.abort()
      await ended
    },
  }
}
