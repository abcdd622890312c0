import { dayText } from '../../rules/rehearsal/portal-period.ts'
import { MAX_REHEARSAL_COUNTS, type RehearsalCount, type ToldRehearsal } from '../../rules/rehearsal/rehearsal-counts.ts'
import type { Gate } from './gate.ts'
import { judgedRules } from './judged-rules.ts'
import type { ChangedDay } from './rehearsal-book.ts'

/** What the agent is to tell central of the rehearsal after change number `since` of this start. A person is named by a token alone. */
export function toldRehearsal(gate: Gate, boot: string, since: number): ToldRehearsal {
  const { change, days } = gate.book.changedSince(since, MAX_REHEARSAL_COUNTS)
  return {
    boot,
    change,
    policy: gate.holder.policyVersion,
    judged: [...judgedRules(gate.holder, gate.nowMs())],
    unlisted: gate.book.all().unlisted,
    counts: days.map(countOf),
  }
}

function countOf({ row, day }: ChangedDay): RehearsalCount {
  const { reason, province, facility, account, token, function: called, source, client } = row
  return {
    day: dayText(day.day),
    reason,
    province,
    facility,
    account: token ?? account,
    function: called,
    source,
    client: client ?? '',
    would: day.would,
    refused: day.refused,
    firstAt: Math.floor(day.firstMs / 1000),
    lastAt: Math.floor(day.lastMs / 1000),
  }
}
