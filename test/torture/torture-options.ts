import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface TortureOptions {
  /** In the order of the registry; all where none is named. */
  readonly names: readonly string[]
  readonly seed: number | undefined
  readonly rounds: number | undefined
  /** The first round, counted from 1; given only to repeat rounds, which keeps no progress. */
  readonly from: number | undefined
  readonly isFresh: boolean
  /** The rounds that failed are run once more. */
  readonly isAgain: boolean
  readonly isRecorded: boolean
  readonly isHelp: boolean
  /** Where progress is kept. */
  readonly state: string
}

/** Any seed will do; that of a full run is the same everywhere, so that two machines can be compared. */
export const DEFAULT_SEED = 20240727

/** @throws Error that says in words what is wrong with the command line */
export function parseTortureOptions(argv: readonly string[], known: readonly string[]): TortureOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string' },
      from: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      state: { type: 'string', default: '.torture' },
    },
  })
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no torture is named ${unknown.map((name) => JSON.stringify(name)).join(', ')}`)
  const from = countOf('--from', values.from, 1)
  if (from !== undefined && (values.record || values.fresh || values.again))
    throw new Error('--from repeats rounds and keeps nothing: leave out --fresh, --again and --record')
  if (values.again && values.fresh) throw new Error('--again goes on with what is kept, and --fresh forgets it: choose one')
  return {
    names: known.filter((name) => positionals.length === 0 || positionals.includes(name)),
    seed: countOf('--seed', values.seed, 0),
    rounds: countOf('--rounds', values.rounds, 1),
    from,
    isFresh: values.fresh,
    isAgain: values.again,
    isRecorded: values.record,
    isHelp: values.help,
    state: values.state,
  }
}

export function usage(torture: readonly { readonly name: string; readonly what: string }[]): string {
  return `Usage: npm run torture -- [name…] [--seed N] [--rounds N] [--fresh] [--record]

${torture.map(({ name, what }) => `  ${name.padEnd(11)} ${what}`).join('\n')}

Without a name all run, one after another. A run that was stopped goes on where it was.

  --seed N     another search; ${DEFAULT_SEED} if not given
  --rounds N   not as many as a full run has (the goals are then not judged)
  --from R     begin with round R and keep no progress: repeats a failure with --rounds 1
  --fresh      forget what is kept and begin anew
  --again      go on, and run the rounds that failed once more first: for when what was wrong is mended
  --record     write the results into docs/torture.md
  --state DIR  where progress is kept; .torture if not given

Progress goes to standard error, a JSON line for each finished run to standard output.
Exit code: 0 nothing wrong was found; 1 a round failed, a goal was missed, or a run cannot be done here; 2 wrong usage; 130 stopped.
`
}

function countOf(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,10}$/.test(text) && value >= least && value < 2 ** 32) return value
  throw new Error(`${option} takes a whole number from ${least}, not ${JSON.stringify(text)}`)
}
