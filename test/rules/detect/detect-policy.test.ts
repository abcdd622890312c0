import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../rules/config/config-error.ts'
import { parseConfig } from '../../../rules/config/parse-config.ts'
import { checkDetectPolicy, DEFAULT_DETECT_POLICY, DETECT_OPTIONS, lookupsAllowed } from '../../../rules/detect/detect-policy.ts'
import { WINDOW_NAMES, WINDOWS } from '../../../rules/detect/windows.ts'

function parsePolicy(text: string) {
  return parseConfig(DETECT_OPTIONS, text, checkDetectPolicy)
}

function faultsOf(text: string): string[] {
  try {
    parsePolicy(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

describe('the detection policy', () => {
  it('is the default where a file is silent', () => {
    expect(parsePolicy('')).toEqual(DEFAULT_DETECT_POLICY)
  })

  it('takes single options and keeps the rest', () => {
    const policy = parsePolicy('absolute: {mode: observe}\n')
    expect(policy).toEqual({ ...DEFAULT_DETECT_POLICY, absolute: { ...DEFAULT_DETECT_POLICY.absolute, mode: 'observe' } })
  })

  it('names every fault by path, line and column', () => {
    expect(faultsOf('absolute:\n  mode: maybe\n  holdMinutes: 0\n  limits:\n    - {window: 2m, lookups: 1}\n')).toEqual([
      '2:9 absolute.mode: must be "off" or "shadow" or "observe" or "enforce", is "maybe"',
      '3:16 absolute.holdMinutes: must be >= 1, is 0',
      '5:7 absolute.limits.0.atLeast: is missing',
      '5:7 absolute.limits.0.perDailyVisit: is missing',
      '5:7 absolute.limits.0.atMost: is missing',
      '5:16 absolute.limits.0.window: must be "30s" or "1m" or "10m" or "1h" or "24h", is "2m"',
    ])
  })

  it('refuses limits that contradict themselves or each other', () => {
    const limit = '{window: 1m, lookups: 9, atLeast: 9, perDailyVisit: 1, atMost: 3}'
    expect(faultsOf(`absolute:\n  limits:\n    - ${limit}\n    - ${limit.replace('3}', '9}')}\n`)).toEqual([
      '3:70 absolute.limits.0.atMost: must be 9 (atLeast) or more, is 3',
      '4:16 absolute.limits.1.window: 1m has a limit already',
    ])
  })

  it('takes an exemption that names no rules: it is from all of them', () => {
    const exemption = { facility: '01234', reason: 'nâng cấp phần mềm', until: '2026-12-31T23:59:59+07:00' }
    expect(parsePolicy(`exemptions: [${JSON.stringify(exemption)}]\n`).exemptions).toEqual([exemption])
    expect(faultsOf(`exemptions: [${JSON.stringify({ ...exemption, rules: ['all'] })}]\n`).join()).toContain(
      'exemptions.0.rules.0',
    )
  })

  it('can name every window there is', () => {
    for (const window of WINDOW_NAMES) {
      expect(
        faultsOf(`absolute: {limits: [{window: ${window}, lookups: 1, atLeast: 1, perDailyVisit: 0, atMost: 1}]}\n`),
      ).toEqual([])
    }
    expect(WINDOW_NAMES.map((name) => WINDOWS[name].buckets * WINDOWS[name].bucketMs - WINDOWS[name].spanMs)).toEqual(
      WINDOW_NAMES.map((name) => WINDOWS[name].bucketMs),
    )
  })

  it.each<[number | undefined, number, string]>([
    [undefined, 320, 'nobody registered its visits'],
    [20, 320, 'a commune station has the least'],
    [2_000, 800, 'by size'],
    [10_000, 2_000, 'the largest has the most'],
  ])('allows a facility with %s visits %i look-ups in 30 seconds: %s', (visits, allowed) => {
    expect(lookupsAllowed({ window: '30s', lookups: 320, atLeast: 320, perDailyVisit: 0.4, atMost: 2_000 }, visits)).toBe(allowed)
  })
})
