import { provinceName } from '../../rules/provinces/province-names.ts'
import type { PolicyOutlook, RuleOutlook } from '../../rules/rehearsal/rehearse-policy.ts'
import { UNTOLD } from '../../rules/rehearsal/rehearse-policy.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import type { DraftAnswer } from './rehearse-draft.ts'

const MOST_FACILITIES = 20

/** What a draft would refuse, for a terminal: by rule, province and facility. */
export function outlookText({ outlooks, edges, version, isCut }: DraftAnswer, days: string): string {
  const head = `Held against policy ${version ?? 'as shipped'}, by what ${edges} ${edges === 1 ? 'edge' : 'edges'} counted on ${days}.\n`
  if (edges === 0) return `${head}${NOTHING_TOLD}`
  const cut = isCut ? 'There are more rows than are told apart: figures are too low. Take fewer days.\n' : ''
  return `${head}${cut}${outlooks.map(({ atMs, outlook }) => onePart(atMs, outlook)).join('')}`
}

/** The same in a few lines, before a policy is signed: which rule turns on, and for whom. */
export function outlookWarnings({ outlooks, edges }: DraftAnswer): string {
  if (edges === 0) return `Nobody knows whom it refuses: ${NOTHING_TOLD}`
  const told = new Map<string, string>()
  const lines = outlooks.flatMap(({ atMs, outlook }) =>
    outlook.rules.filter(isTold).flatMap((rule) => {
      const text = ruleText(rule)
      // A date at which nothing more happens to a rule says nothing of it.
      if (told.get(rule.rule) === text) return []
      told.set(rule.rule, text)
      return [`  ${portalTimeText(atMs)}  ${text}\n`]
    }),
  )
  const most = outlooks.map(({ outlook }) => outlook.newFacilityCount)
  return lines.length === 0
    ? 'By what edges counted, it refuses nobody whom the policy of now lets pass.\n'
    : `${headOf(most)}${lines.join('')}`
}

const NOTHING_TOLD =
  'no edge has told any counts of these days. Ask logs instead: agent rehearse --policy FILE --at INSTANT LOG\n'

function headOf(most: readonly number[]): string {
  return `Would newly refuse requests of up to ${Math.max(0, ...most)} facilities; control policy rehearse FILE tells which:\n`
}

function isTold({ mode, modeNow, newFacilities, untold }: RuleOutlook): boolean {
  return newFacilities > 0 || (mode === 'enforce' && (modeNow !== 'enforce' || untold.includes('NEW_FUNCTION')))
}

function onePart(atMs: number, { rules, provinces, facilities, facilityCount, newFacilityCount }: PolicyOutlook): string {
  const sums = provinces.map(
    ({ key, facilities: of, refused, would }) =>
      `  ${key === '' ? '--' : key}\t${key === '' ? 'facility not told' : (provinceName(key, atMs) ?? '?')}\t${of} facilities\t${refused + would} requests\n`,
  )
  const shown = facilities
    .slice(0, MOST_FACILITIES)
    .map(({ key, refused, would }) => `  ${key || '-----'}\t${refused + would} requests\n`)
  const more = facilities.length > MOST_FACILITIES ? `  and ${facilities.length - MOST_FACILITIES} more; --json tells all\n` : ''
  return [
    `\nAt ${portalTimeText(atMs)} it would refuse requests of ${facilityCount} facilities, of ${newFacilityCount} newly:\n`,
    ...rules.map((rule) => `  ${ruleText(rule)}\n`),
    ...(sums.length === 0 ? [] : ['By province:\n', ...sums]),
    ...(shown.length === 0 ? [] : ['By facility:\n', ...shown, more]),
  ].join('')
}

function ruleText({ rule, mode, modeNow, refused, spared, facilities, newFacilities, untold }: RuleOutlook): string {
  const change = mode === modeNow ? mode : `${modeNow} -> ${mode}`
  if (mode !== 'enforce') return `${rule}: ${change}, refuses nothing`
  const figures = `${refused} requests of ${facilities} facilities (${newFacilities} newly)${spared === 0 ? '' : `, ${spared} requests spared by exemptions`}`
  return `${rule}: ${change}, ${figures}${untold.map((code) => `; NOT TOLD: ${UNTOLD[code].en}`).join('')}`
}
