import { copyFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogFollower, type LogFollower } from '../../../agent/watch/follow-log.ts'
import type { LogPlace } from '../../../agent/watch/log-place.ts'
import { createLineSplitter } from '../../../agent/watch/split-lines.ts'
import { createLogWriter, type LogWriter } from '../../support/log-writer.ts'
import { makePipe } from '../../support/make-pipe.ts'
import { createSeeded } from '../../support/seeded.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A follower that can be stopped, killed and started again, with what it handed on. */
interface Run {
  readonly lines: string[]
  follower: LogFollower
  poll(): Promise<void>
  /** Stops as on SIGTERM and starts again. */
  restart(): Promise<void>
  /** Stops without saving; what was handed on since the last save is forgotten with the process. */
  kill(): Promise<void>
  save(): void
  passMs(ms: number): void
}

function startRun(path: string, from: 'beginning' | 'end' = 'beginning'): Run {
  const lines: string[] = []
  let savedPlace: LogPlace | undefined
  let savedLines = 0
  let monotonicMs = 0
  const start = () =>
    createLogFollower({
      path,
      place: savedPlace === undefined ? undefined : (JSON.parse(JSON.stringify(savedPlace)) as LogPlace),
      from,
      createSplitter: () =>
        createLineSplitter(
          1 << 20,
          (bytes, begin, end) => lines.push(bytes.toString('utf8', begin, end)),
          (length) => lines.push(`${length} bytes`),
        ),
      nowMs: Date.now,
      monotonicMs: () => monotonicMs,
    })
  const run: Run = {
    lines,
    follower: start(),
    async poll() {
      while (await run.follower.poll());
    },
    save() {
      savedPlace = run.follower.place()
      savedLines = lines.length
    },
    async restart() {
      run.save()
      await run.kill()
    },
    async kill() {
      await run.follower[Symbol.asyncDispose]()
      lines.length = savedLines
      run.follower = start()
    },
    passMs(ms) {
      monotonicMs += ms
    },
  }
  return run
}

function threeTimes(writer: LogWriter, rotate: () => void): void {
  for (let time = 0; time < 3; time++) {
    rotate()
    writer.write(4)
  }
}

async function aLog(from: 'beginning' | 'end' = 'beginning') {
  const folder = await temporaryFolder()
  const path = join(folder, 'access.log')
  const [writer, run] = [createLogWriter(path), startRun(path, from)]
  onTestFinished(async () => {
    writer[Symbol.dispose]()
    await run.follower[Symbol.asyncDispose]()
  })
  return { folder, path, writer, run }
}

describe('createLogFollower', () => {
  it('waits for a log that is not there yet, and begins at its first byte', async () => {
    const { writer, run } = await aLog('end')
    await run.poll()
    expect(run.follower.state.isThere).toBe(false)
    writer.write(3)
    await run.poll()
    expect(run.lines).toEqual(writer.lines)
    expect(run.follower.state).toMatchObject({ isThere: true, rotations: 0, losses: 0 })
  })

  it('does not wait for the writer of a named pipe, and reads the file that takes its place', async () => {
    const { path, writer, run } = await aLog()
    await makePipe(path)
    await expect(run.poll()).rejects.toThrow(expect.objectContaining({ code: 'LOG_UNREADABLE' }))
    expect(run.follower.state.isThere).toBe(false)
    rmSync(path)
    writer.write(3)
    await run.poll()
    expect(run.lines).toEqual(writer.lines)
  })

  it('says of a folder in the place of the log that it cannot be read, and goes on reading what it holds open', async () => {
    const { path, writer, run } = await aLog()
    writer.write(2)
    await run.poll()
    renameSync(path, `${path}.1`)
    mkdirSync(path)
    writer.write(2)
    await expect(run.poll()).rejects.toThrow('it is a folder; name the file in it')
    expect(run.lines).toEqual(writer.lines)
    expect(run.follower.state.isThere).toBe(false)
  })

  it('begins at the end of a log that is there if asked to, and not within a line', async () => {
    const { writer, run } = await aLog('end')
    writer.write(3)
    writer.begin()
    await run.poll()
    writer.write(2)
    await run.poll()
    expect(run.lines).toEqual(writer.lines.slice(3))
  })

  it.each<[string, (writer: LogWriter) => void]>([
    ['renamed, with a new file in its place', (writer) => writer.rotateByRename()],
    ['renamed, with lines still coming to the old file', (writer) => writer.rotateByRename({ late: 3 })],
    ['renamed, with no new file for a while', (writer) => writer.rotateByRename({ isRecreated: false })],
    ['copied and emptied', (writer) => writer.rotateByCopy()],
    ['renamed three times', (writer) => threeTimes(writer, () => writer.rotateByRename())],
    ['copied and emptied three times', (writer) => threeTimes(writer, () => writer.rotateByCopy())],
  ])('loses no line of a log that is %s between two looks, nor one while it is down', async (_how, rotate) => {
    for (const isDown of [false, true]) {
      const { writer, run } = await aLog()
      writer.write(5)
      await run.poll()
      if (isDown) run.save()
      writer.write(5)
      rotate(writer)
      if (isDown) await run.kill()
      await run.poll()
      writer.write(5)
      await run.poll()
      expect(run.lines).toEqual(writer.lines)
      expect(run.follower.state).toMatchObject({ lostBytes: 0, losses: 0, behindBytes: 0 })
    }
  })

  it('reads a deleted log to its end, and the next one from its beginning', async () => {
    const { writer, run } = await aLog()
    writer.write(5)
    await run.poll()
    writer.write(5)
    writer.remove()
    await run.poll()
    expect(run.follower.state.isThere).toBe(false)
    writer.write(5)
    await run.poll()
    expect(run.lines).toEqual(writer.lines)
  })

  it('counts what is gone: a log emptied without a copy', async () => {
    const { path, writer, run } = await aLog()
    writer.write(2)
    writer.begin()
    await run.poll()
    writeFileSync(path, '')
    await run.poll()
    expect(run.follower.state).toMatchObject({ truncations: 1, losses: 1, lostBytes: 5 })
    writeFileSync(path, 'fresh\n', { flag: 'a' })
    await run.poll()
    expect(run.lines.at(-1)).toBe('fresh')
  })

  it('notices a log that was emptied and has grown past where it was read', async () => {
    const { path, run } = await aLog()
    writeFileSync(path, 'old 1\nold 2\n')
    await run.poll()
    writeFileSync(path, 'new 1\nnew 2\nnew 3\n')
    await run.poll()
    expect(run.lines).toEqual(['old 1', 'old 2', 'new 1', 'new 2', 'new 3'])
  })

  it('goes by the beginning of a file, not by its inode alone, after a restart', async () => {
    const { path, run } = await aLog()
    writeFileSync(path, 'old 1\nold 2\n')
    await run.poll()
    await run.restart()
    const { ino } = statSync(path)
    rmSync(path)
    writeFileSync(path, 'new 1\nnew 2\nnew 3\n')
    expect([ino, ino + 1]).toContain(statSync(path).ino >= ino ? ino : 0)
    await run.poll()
    expect(run.lines).toEqual(['old 1', 'old 2', 'new 1', 'new 2', 'new 3'])
    expect(run.follower.state.losses).toBe(1)
  })

  it('reads no other log that has the inode of one of which nothing was read yet', async () => {
    const { folder, path, run } = await aLog()
    writeFileSync(path, '')
    await run.poll()
    await run.restart()
    // The inode of a file that is gone goes to whoever comes next.
    renameSync(path, join(folder, 'other.log'))
    writeFileSync(join(folder, 'other.log'), 'of another log\n')
    writeFileSync(path, 'ours\n')
    await run.poll()
    expect(run.lines).toEqual(['ours'])
  })

  it('follows a symbolic link to its new target and back, no line twice', async () => {
    const { folder, path, run } = await aLog()
    mkdirSync(join(folder, 'days'))
    const pointTo = (day: string) => {
      symlinkSync(join(folder, 'days', day), `${path}.new`)
      renameSync(`${path}.new`, path)
    }
    writeFileSync(join(folder, 'days', 'monday.log'), 'monday 1\n')
    pointTo('monday.log')
    await run.poll()
    writeFileSync(join(folder, 'days', 'tuesday.log'), 'tuesday 1\n')
    pointTo('tuesday.log')
    await run.poll()
    run.passMs(120_000)
    await run.poll()
    writeFileSync(join(folder, 'days', 'monday.log'), 'monday 2\n', { flag: 'a' })
    pointTo('monday.log')
    await run.poll()
    await run.restart()
    await run.poll()
    expect(run.lines).toEqual(['monday 1', 'tuesday 1', 'monday 2'])
  })

  it('takes what stands after the last line feed of a rotated file for a line once nobody writes to it any more', async () => {
    const { path, run } = await aLog()
    writeFileSync(path, 'whole\ncut off')
    await run.poll()
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'next\n')
    await run.poll()
    expect(run.lines).toEqual(['whole', 'next'])
    run.passMs(120_000)
    await run.poll()
    expect(run.lines).toEqual(['whole', 'next', 'cut off'])
    await run.restart()
    await run.poll()
    expect(run.lines).toHaveLength(3)
  })

  it('leaves old rotated files and copies by hand alone', async () => {
    const { path, run } = await aLog()
    writeFileSync(`${path}.2`, 'long ago\n')
    writeFileSync(`${path}.1`, 'yesterday\n')
    writeFileSync(path, 'today 1\n')
    await run.poll()
    copyFileSync(path, `${path}.20261122`)
    writeFileSync(`${path}.offset`, 'not a log\n')
    writeFileSync(path, 'today 2\n', { flag: 'a' })
    await run.poll()
    await run.restart()
    renameSync(path, `${path}.3`)
    writeFileSync(path, 'today 3\n')
    await run.poll()
    expect(run.lines).toEqual(['today 1', 'today 2', 'today 3'])
  })

  it('reads a large backlog in bounded steps', async () => {
    const { path, run } = await aLog()
    writeFileSync(path, `${'y'.repeat(99)}\n`.repeat(100_000))
    expect(await run.follower.poll()).toBe(true)
    expect(run.follower.state.readBytes).toBe(4 * 1024 * 1024)
    await run.poll()
    expect(run.lines).toHaveLength(100_000)
  })

  it.each<[string, (writer: LogWriter) => void]>([
    ['renames', (writer) => writer.rotateByRename({ late: 2 })],
    ['copies', (writer) => writer.rotateByCopy()],
  ])('hands on every line exactly once while the writer %s and writes on in the middle of a poll', async (_how, rotate) => {
    const { writer, run } = await aLog()
    await run.poll()
    let isWriting = true
    const polling = (async () => {
      while (isWriting) await run.poll()
    })()
    for (let round = 0; round < 60; round++) {
      for (let pause = 0; pause < (round * 7) % 13; pause++) await setImmediate()
      writer.write(1 + (round % 5))
      if (round % 3 === 0) rotate(writer)
    }
    isWriting = false
    await polling
    await run.poll()
    expect(compare(run.lines, writer.lines)).toEqual({ missing: [], twice: [], broken: [] })
  })

  it.each(Array.from({ length: 25 }, (_, seed) => [seed]))(
    'hands on every line exactly once through a random life (seed %i)',
    async (seed) => {
      const { writer, run } = await aLog()
      const seeded = createSeeded(seed)
      const steps: Record<string, () => void | Promise<void>> = {
        write: () => writer.write(1 + seeded.below(9)),
        begin: () => writer.begin(),
        poll: () => run.poll(),
        pollAndSave: () => run.poll().then(() => run.save()),
        rename: () => writer.rotateByRename({ late: seeded.below(3), isRecreated: seeded.below(2) === 0 }),
        copy: () => writer.rotateByCopy(),
        remove: async () => {
          writer.write(1)
          await run.poll()
          run.save()
          writer.remove()
        },
        restart: () => run.restart(),
        kill: () => run.kill(),
        wait: () => run.passMs(seeded.below(90_000)),
      }
      const names = Object.keys(steps)
      const taken: string[] = []
      await run.poll()
      run.save()
      for (let step = 0; step < 46; step++) {
        const name = names[seeded.below(names.length)] ?? 'write'
        taken.push(name)
        await steps[name]?.()
      }
      writer.write(1)
      await run.poll()
      run.passMs(120_000)
      await run.poll()
      expect({ taken, ...compare(run.lines, writer.lines) }).toEqual({ taken, missing: [], twice: [], broken: [] })
    },
  )
})

/** Numbers of the lines that were written and not read, and of those read more than once; lines that were never written. */
function compare(read: readonly string[], written: readonly string[]) {
  const numbers = read.map((line) => Number(line.split(' ')[1]))
  return {
    missing: written.flatMap((line, number) => (read.includes(line) ? [] : [number])),
    twice: numbers.filter((number, at) => numbers.indexOf(number) !== at),
    broken: read.filter((line, at) => line !== written[numbers[at] ?? -1]),
  }
}
