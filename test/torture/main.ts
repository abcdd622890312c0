/** What `npm run torture` runs: long seeded searches for what must never happen. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type CodeCopy, createCodeCopy } from '../support/code-copy.ts'
import { describeMachine } from '../support/machine.ts'
import { recordResults } from './record-results.ts'
import { TORTURES } from './registry.ts'
import { findKeptObstacle, judge, runTorture, type TortureResult } from './run-torture.ts'
import type { Torture } from './torture.ts'
import { DEFAULT_SEED, parseTortureOptions, type TortureOptions, usage } from './torture-options.ts'
import { createTortureProgress } from './torture-progress.ts'
import { createTortureStates } from './torture-state.ts'

type RegistryModule = typeof import('./registry.ts')

const DOCUMENT = fileURLToPath(new URL('../../docs/torture.md', import.meta.url))

const stop = new AbortController()
// Only the first is ours: a second ends the process at once.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))
// Programs of the administrator are not on every user's path.
process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`

// A round that was given up would hold the process; all it made is removed by now.
process.exit(await main(process.argv.slice(2)))

async function main(argv: readonly string[]): Promise<0 | 1 | 2 | 130> {
  let options: TortureOptions
  try {
    options = parseTortureOptions(argv, Object.keys(TORTURES))
  } catch (error) {
    process.stderr.write(`torture: ${error instanceof Error ? error.message : String(error)}\n\n${await help()}`)
    return 2
  }
  if (options.isHelp) {
    process.stdout.write(await help())
    return 0
  }
  // Agents are started for hours: what is edited meanwhile must not run. A row names a commit, so that is what runs for one.
  await using code = await createCodeCopy(options.isRecorded ? 'commit' : 'checkout')
  const now = await describeMachine(new Date())
  const machine = options.isRecorded ? { ...now, commit: now.commit.replace(/\+$/, '') } : now
  const results: TortureResult[] = []
  let areAllGood = true
  try {
    for (const name of options.names) {
      const torture = await loadFrom(code, name)
      let result: TortureResult | undefined
      try {
        result = await runOne(torture, name, options, machine.commit)
      } finally {
        result ??= stop.signal.aborted ? await findDone(torture, name, options) : undefined
        if (result !== undefined) results.push(result)
      }
      areAllGood &&= result?.isGood === true
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.stderr.write(
      options.from === undefined ? '\nStopped; the same command goes on where it was.\n' : '\nStopped; nothing is kept of it.\n',
    )
    return 130
  } finally {
    if (options.isRecorded && results.length > 0) await recordResults(DOCUMENT, results, machine)
  }
  return areAllGood ? 0 : 1
}

async function help(): Promise<string> {
  return usage(await Promise.all(Object.keys(TORTURES).map(async (name) => ({ name, what: (await load(name)).what }))))
}

async function load(name: string): Promise<Torture> {
  const torture = await TORTURES[name]?.()
  if (torture === undefined) throw new Error(`The registry has no torture ${JSON.stringify(name)}`)
  return torture
}

/** What a run that was stopped came to so far; `undefined` where nothing is kept of it. */
async function findDone(torture: Torture, name: string, options: TortureOptions): Promise<TortureResult | undefined> {
  const state = options.from === undefined ? await createTortureStates(options.state).find(name) : undefined
  return state === undefined || state.isFinished || state.done === 0 ? undefined : judge(name, torture, state)
}

/** The torture as the copy has it, which starts the programs of the copy. */
async function loadFrom({ path }: CodeCopy, name: string): Promise<Torture> {
  const { TORTURES: copied } = (await import(pathToFileURL(join(path, 'test/torture/registry.ts')).href)) as RegistryModule
  const torture = await copied[name]?.()
  if (torture === undefined) throw new Error(`What is committed has no torture ${JSON.stringify(name)}`)
  return torture
}

/** `undefined` where it cannot run here. */
async function runOne(
  torture: Torture,
  name: string,
  options: TortureOptions,
  commit: string,
): Promise<TortureResult | undefined> {
  const states = createTortureStates(options.state)
  if (options.isFresh) await states.forget(name)
  const seed = options.seed ?? DEFAULT_SEED
  const rounds = options.rounds ?? (options.from === undefined ? torture.rounds : 1)
  const repeat = (round: number) => `npm run torture -- ${name} --seed ${seed} --from ${round} --rounds 1`
  const progress = createTortureProgress(name, process.stderr, () => performance.now(), repeat)
  const obstacle =
    (await torture.findObstacle()) ??
    (options.from === undefined ? findKeptObstacle(await states.find(name), seed, rounds) : undefined)
  if (obstacle !== undefined) {
    progress.say(`cannot run: ${obstacle}`)
    process.stdout.write(`${JSON.stringify({ torture: name, obstacle })}\n`)
    return undefined
  }
  const { from } = options
  const result = await runTorture({
    name,
    torture,
    seed,
    rounds,
    commit,
    from,
    isAgain: options.isAgain,
    states,
    onRound: (state, failure) => progress.show(state, failure),
    signal: stop.signal,
  })
  const missed = Object.entries(result.missed).map(
    ([figure]) => `${result.figures[figure] ?? 0} of ${torture.goals[figure]} ${figure}`,
  )
  if (missed.length > 0) progress.say(`goals MISSED: ${missed.join(', ')}`)
  process.stdout.write(`${JSON.stringify(result)}\n`)
  return result
}
