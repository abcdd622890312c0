import type { IpsetTexts } from './compile-ipset.ts'

/** What stands before each part of the printed text; the tools take it for a comment. */
export const IPSET_PARTS = {
  ipset: '# === ipset restore',
  4: '# === iptables-restore --noflush',
  6: '# === ip6tables-restore --noflush',
} as const

/** All texts in the order in which the tools are given them, each part after a line that names its tool. */
export function* printIpset({ sets, rules }: IpsetTexts): Generator<string> {
  yield `${IPSET_PARTS.ipset}\n`
  yield* sets
  if (rules !== undefined) yield `${IPSET_PARTS[4]}\n${rules[4]}${IPSET_PARTS[6]}\n${rules[6]}`
}
