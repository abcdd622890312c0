import type { AccountAnswer } from './ask-account.ts'

/** Whether anything holds the account back: a flag of this edge, or a verdict over all edges that its gate knows. */
export function isHeldBack({ flags, gate }: AccountAnswer): boolean {
  return flags.length > 0 || isUnderVerdict(gate)
}

/** What holds for an account, in Vietnamese and English. */
export function accountWords({ account, flags, tally, gate }: AccountAnswer): string {
  const lines = flags.flatMap(({ rule, action, at, until, evidence }) => [
    `${account}: ${action} (${rule}), ${at} – ${until ?? '…'}`,
    `  ${evidence.vi}`,
    `  ${evidence.en}`,
  ])
  if (flags.length === 0) lines.push(`${account}: không có cảnh báo của máy biên này.`, `${account}: no live flag of this edge.`)
  if (flags.length === 0 && isUnderVerdict(gate))
    lines.push(
      '  Bị xử lý do số liệu cộng của mọi máy biên; lý do: "control fleet list" tại Trung tâm CNTT.',
      '  It is acted on by what all edges count together; why: "control fleet list" at central IT.',
    )
  if (tally !== null) {
    const { lookups1m, lookups1h, lookups24h } = tally
    lines.push(
      `Lượt tra cứu: ${lookups1m} trong 1 phút, ${lookups1h} trong 1 giờ, ${lookups24h} trong 24 giờ.`,
      `Look-ups: ${lookups1m} within 1 minute, ${lookups1h} within 1 hour, ${lookups24h} within 24 hours.`,
    )
  }
  return `${[...lines, ...gateWords(gate)].join('\n')}\n`
}

function isUnderVerdict(gate: AccountAnswer['gate']): boolean {
  return gate !== null && (gate.suspendedUntil !== null || gate.throttledUntil !== null)
}

/** What the gate would say now, from an address of the account’s own facility. */
function gateWords(gate: AccountAnswer['gate']): string[] {
  if (gate === null) return []
  const { suspendedUntil, throttledUntil, user, grant, answers } = gate
  return [
    ...(suspendedUntil === null ? [] : [`Bị khóa đến / suspended until ${suspendedUntil}`]),
    ...(throttledUntil === null ? [] : [`Bị giảm tốc độ đến / slowed down until ${throttledUntil}`]),
    ...(user === null ? [] : [`Người dùng / user: ${user.state}, ${user.rights.join(' ')}`]),
    ...(grant === null ? [] : [`OTP: ${grant.standing}, ${grant.until ?? ''}`]),
    ...answers.flatMap(({ function: called, status, reason, would, words }) => [
      `${called}: ${status}${reason === null ? '' : ` ${reason}`}${would.length === 0 ? '' : ` (${would.join(' ')})`}`,
      ...(reason === null ? [] : [`  ${words.vi}`, `  ${words.en}`]),
    ]),
  ]
}
