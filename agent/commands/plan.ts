import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { differenceOf } from '../../rules/addresses/block-set-difference.ts'
import { blocksOf, countOf, digestOf } from '../../rules/addresses/block-set-lines.ts'
import type { AllowDocument } from '../../rules/revisions/allow-document.ts'
import { DEFAULT_REVISION_LIMITS, judgeRevision, type RevisionLimits } from '../../rules/revisions/judge-revision.ts'
import { summaryOf } from '../../rules/revisions/revision-summary.ts'
import { FIREWALL_ERRORS, FirewallError } from '../firewall/firewall-error.ts'
import { findIptablesVariant } from '../firewall/iptables-variant.ts'
import { readApproved } from '../firewall/read-approved.ts'
import { readIpsetList } from '../firewall/read-ipset.ts'
import { createHostSight } from '../lockout/host-sight.ts'
import { type RunProgram, runProgram } from '../process/run-program.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { type PlannedCut, planCuts } from './plan-cuts.ts'
import { readCount } from './program-options.ts'
import { readBlockList } from './read-block-list.ts'
import { readOptions } from './read-options.ts'

/** What a list is compared with. */
interface Before {
  readonly source: 'list' | 'kernel' | 'nothing'
  readonly approved: BlockSet | undefined
  /** Why there is nothing to compare with. */
  readonly reason: string
}

/** What applying a list would do. `--json` prints it as it stands. */
export interface Plan {
  readonly list: string
  readonly blocks: number
  readonly digest: string
  readonly comparedWith: { readonly source: Before['source']; readonly reason: string; readonly blocks: number }
  readonly added: number
  readonly removed: number
  readonly firstAdded: readonly string[]
  readonly firstRemoved: readonly string[]
  /** Whom the list would lock out of this host; empty without `--config`. */
  readonly cuts: readonly PlannedCut[]
  /** What the limits would say without a second confirmation. */
  readonly verdict: { readonly kind: 'take' | 'same' | 'refuse'; readonly code?: string; readonly words?: string }
}

/** What a list would change. Changes nothing. */
export const plan: Command = {
  name: 'plan',
  summary: 'say what applying a list would change, and whether the limits would let it; changes nothing',
  usage:
    '--list FILE [--from FILE] [--config FILE] [--show N] [--json]\n' +
    '    --list FILE     one block a line, # begins a comment; - reads standard input\n' +
    '    --from FILE     the list to compare with; without it, what the kernel holds (needs CAP_NET_ADMIN)\n' +
    '    --config FILE   where limits, management and probers stand; without it, the shipped limits alone\n' +
    '    --show N        at most so many added and removed blocks, 10 if not given\n' +
    '    --json          the plan as one JSON object\n' +
    '  Exit code 1 when the limits would refuse the list without a second confirmation, or it would lock somebody out.',
  example: 'agent plan --list tomorrow.txt --from today.txt',
  run: (args, io) => planWith(runProgram, args, io),
}

/** The command with another way to start programs. */
export async function planWith(runProgram: RunProgram, args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const values = readOptions(args, {
    list: { type: 'string' },
    from: { type: 'string' },
    config: { type: 'string' },
    show: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  })
  if (values.list === undefined) throw new UsageError('Cannot plan nothing: name a list with --list FILE')
  if (values.list === '-' && values.from === '-') throw new UsageError('Cannot read two lists from one standard input')
  const show = readCount('--show', values.show)
  const config = values.config === undefined ? undefined : await loadConfig(values.config, io)
  if (values.config !== undefined && config === undefined) return 2
  const next = await readBlockList(values.list, io)
  const before = values.from === undefined ? await readKernel(runProgram) : await readBefore(values.from, io)
  if (next === undefined || before === undefined) return 2
  const cuts = config === undefined ? [] : await planCuts(config, createHostSight(), before.approved, next)
  const made = { ...makePlan(values.list, next, before, config?.limits ?? DEFAULT_REVISION_LIMITS, show), cuts }
  io.stdout.write(values.json ? `${JSON.stringify(made)}\n` : wordsOf(made))
  return made.verdict.kind === 'refuse' || cuts.length > 0 ? 1 : 0
}

async function readBefore(file: string, io: CommandIo): Promise<Before | undefined> {
  const approved = await readBlockList(file, io)
  return approved === undefined ? undefined : { source: 'list', approved, reason: file }
}

async function readKernel(runProgram: RunProgram): Promise<Before> {
  const readers = [
    () => readApproved(runProgram),
    async () => readIpsetList(runProgram, await findIptablesVariant(runProgram), 'approved'),
  ]
  let reason = ''
  for (const read of readers) {
    try {
      return { source: 'kernel', approved: await read(), reason: 'what the kernel holds' }
    } catch (error) {
      if (!(error instanceof FirewallError)) throw error
      if (reason === '') reason = FIREWALL_ERRORS[error.code]
    }
  }
  return { source: 'nothing', approved: undefined, reason }
}

function makePlan(list: string, next: BlockSet, before: Before, limits: RevisionLimits, show: number): Omit<Plan, 'cuts'> {
  const { added, removed } = differenceOf(before.approved ?? differenceOf(next, next).added, next)
  const previous = before.approved === undefined ? undefined : summaryOf(documentOf(1, before.approved))
  const verdict = judgeRevision(previous, documentOf(2, next), limits)
  return {
    list,
    blocks: countOf(next),
    digest: digestOf(next),
    comparedWith: {
      source: before.source,
      reason: before.reason,
      blocks: before.approved === undefined ? 0 : countOf(before.approved),
    },
    added: countOf(added),
    removed: countOf(removed),
    firstAdded: firstOf(added, show),
    firstRemoved: firstOf(removed, show),
    // The list has no number of its own.
    verdict:
      verdict.kind === 'refuse'
        ? { ...verdict, words: verdict.words.replace(/^.*? revision \d+: /, '') }
        : { kind: verdict.kind },
  }
}

/** A bare list as the limits want it: one entry a block, provinces unknown. */
function documentOf(revision: number, approved: BlockSet): AllowDocument {
  return {
    header: {
      format: 'edgeward-allow/1',
      revision,
      publishedAt: '1970-01-01T00:00:00Z',
      mode: 'enforce',
      enforceFrom: null,
      entries: countOf(approved),
      digest: digestOf(approved),
      shrink: null,
    },
    approved,
    provinces: new Map(),
    ownersOf: () => [],
  }
}

function firstOf(set: BlockSet, show: number): string[] {
  const first: string[] = []
  for (const block of blocksOf(set)) {
    if (first.length >= show) break
    first.push(block)
  }
  return first
}

function wordsOf({ list, blocks, comparedWith, added, removed, firstAdded, firstRemoved, verdict, cuts }: Plan): string {
  const title =
    comparedWith.source === 'nothing'
      ? `${list}: ${blocks} blocks. Nothing to compare with: ${comparedWith.reason}.`
      : `${list}: ${blocks} blocks; ${comparedWith.reason}: ${comparedWith.blocks}.`
  return [
    title,
    `${added} would be added${listed('+', firstAdded, added)}`,
    `${removed} would be removed${listed('-', firstRemoved, removed)}`,
    verdict.kind === 'refuse' ? `It would be refused (${verdict.code}): ${verdict.words}` : 'The limits would let it in force.',
    ...cuts.map(({ code, words }) => `It would be refused on this host (${code}): ${words}`),
    '',
  ].join('\n')
}

function listed(sign: string, first: readonly string[], count: number): string {
  const lines = first.map((block) => `\n  ${sign} ${block}`)
  const more = count > first.length && first.length > 0 ? `\n  … and ${count - first.length} more` : ''
  return `${count === 0 ? '' : ':'}${lines.join('')}${more}`
}
