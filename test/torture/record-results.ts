import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Machine } from '../support/machine.ts'
import type { TortureResult } from './run-torture.ts'
import { durationOf, figuresText } from './torture-progress.ts'

const BEGIN = '<!-- results: written by npm run torture -- --record -->'
const END = '<!-- end of results -->'
const HEAD = [
  '| Run | Result | Figures | Rounds | Seed | Time | Date | Commit | Machine |',
  '|---|---|---|---|---|---|---|---|---|',
] as const

/** The row of a run. */
export function resultRow(result: TortureResult, machine: Machine): string {
  const { torture, figures, done, rounds, seed, ranMs, commits } = result
  const where = `Linux ${machine.kernel}, nft ${machine.nft ?? 'none'}, ${machine.cores} cores`
  const cells = [
    `\`${torture}\``,
    verdictOf(result),
    figuresText(figures),
    `${done} of ${rounds}`,
    `${seed}`,
    durationOf(ranMs),
    machine.date,
    commits.join(', '),
    where,
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}

/** `document` with the rows between its markers; rows of other runs stay. @throws Error where the markers are missing */
export function withResults(document: string, results: readonly TortureResult[], machine: Machine): string {
  const start = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (start < 0 || end < start) throw new Error(`Cannot record results: the document lacks ${BEGIN} or ${END}`)
  const rows = new Map<string, string>()
  for (const line of document.slice(start, end).split('\n')) {
    const name = /^\| `([^`]+)` \|/.exec(line)?.[1]
    if (name !== undefined) rows.set(name, line)
  }
  for (const result of results) rows.set(result.torture, resultRow(result, machine))
  const table = [...HEAD, ...rows.values()].join('\n')
  return `${document.slice(0, start)}${BEGIN}\n\n${table}\n\n${document.slice(end)}`
}

export async function recordResults(path: string, results: readonly TortureResult[], machine: Machine): Promise<void> {
  const text = withResults(await readFile(path, 'utf8'), results, machine)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

function verdictOf({ failures, missed, areGoalsJudged, done, rounds }: TortureResult): string {
  if (failures.length > 0) return `**failed** in round ${failures.map(({ round }) => round).join(', ')}`
  if (done < rounds) return 'nothing wrong so far; stopped'
  if (!areGoalsJudged) return 'nothing wrong; too short for its goals'
  return Object.keys(missed).length === 0 ? 'nothing wrong, goals met' : `nothing wrong, but missed ${figuresText(missed)}`
}
