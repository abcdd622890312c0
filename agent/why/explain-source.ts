import type { Block } from '../../rules/addresses/block.ts'
import { covers } from '../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { isPassing, judgeSource } from '../../rules/firewall/judge-source.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { provinceLabel } from '../../rules/provinces/province-names.ts'
import type { AllowDocument } from '../../rules/revisions/allow-document.ts'
import type { AgentStatus } from '../status/agent-status.ts'
import type { WhyAnswer } from './why-answer.ts'
import { whyWords } from './why-words.ts'

/** What is known when somebody asks. */
export interface WhyScene {
  /** The program in force, timed blocks apart; `undefined` where there is none, or only the kernel knows it. */
  readonly program: FilterProgram | undefined
  readonly document: AllowDocument | undefined
  readonly since: WhyAnswer['since']
  readonly status: AgentStatus
}

/** Why `source`, one address, is let in or not. */
export function explainSource(source: Block, { program, document, since, status }: WhyScene): WhyAnswer {
  const { inForce } = status
  const blocked = status.blocked.find(({ address }) => address === source)
  const opening = status.openings.find(({ block }) => covers(parseBlock(block), source))
  // Blocks and openings end by themselves: what the program was loaded with is not what holds now.
  const now = program && {
    ...program,
    blocked: blocked === undefined ? [] : [timed(source)],
    opened: opening === undefined ? [] : [timed(source)],
  }
  const verdict = now && judgeSource(now, source)
  const by = inForce === null ? 'no-rules' : verdict === undefined ? 'unknown' : verdict === 'opened' ? 'break-glass' : verdict
  const atMs = document === undefined ? Date.parse(status.at) : Date.parse(document.header.publishedAt)
  const facts: Omit<WhyAnswer, 'words'> = {
    format: 'edgeward-why/1',
    at: status.at,
    source,
    isLetIn: by === 'no-rules' || (now !== undefined && verdict !== undefined && isPassing(now, verdict)),
    by,
    revision: inForce?.revision ?? null,
    mode: inForce?.mode ?? null,
    owners: (document?.ownersOf(source) ?? []).map((owner) => ({ ...owner, provinceLabel: provinceLabel(owner.province, atMs) })),
    since: verdict === 'approved' ? since : null,
    opening: opening ?? null,
    blocked: blocked === undefined ? null : { account: blocked.account, rule: blocked.rule, until: blocked.until },
    refusedPackets: status.refused.sources.find(({ address }) => address === source)?.packets ?? null,
  }
  return { ...facts, words: whyWords(facts) }
}

function timed(block: Block) {
  return { block, remainingMs: 1 }
}
