/** A short round of the torture of rotations, and that it would find a line lost or counted twice. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { beginRotations, ROTATIONS } from '../torture/rotations.ts'

const SEED = 20240727

t.setTimeout(280_000)
const obstacle = await ROTATIONS.findObstacle()
if (obstacle !== undefined) {
  t.plan(0, obstacle)
} else {
  await t.test('every line is counted exactly once through rotations, stops and kills', async (t) => {
    await using rounds = await beginRotations({ steps: 150 })
    const figures = await rounds.run(SEED)
    for (const [name, least] of [
      ['rotations', 40],
      ['kills', 1],
      ['stops', 2],
      ['lines', 300],
    ] as const)
      t.ok((figures[name] ?? 0) >= least, `${figures[name]} ${name}`)
  })

  await t.test('a line that stands twice in a log is found', async (t) => {
    let isDone = false
    await using rounds = await beginRotations({
      steps: 40,
      onStep(_step, path) {
        const text = !isDone && existsSync(path) ? readFileSync(path, 'utf8') : ''
        // Not behind a line that is only begun.
        if (!text.endsWith('\n')) return
        appendFileSync(path, text.slice(0, text.indexOf('\n') + 1))
        isDone = true
      },
    })
    await t.rejects(rounds.run(SEED), { cause: { message: /line \d+ of log 0: 2 times/ } })
  })
}
