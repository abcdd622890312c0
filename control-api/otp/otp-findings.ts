import { AddressError } from '../../rules/addresses/address-error.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { ConfigFinding } from '../../rules/config/parse-config.ts'
import type { ControlConfig } from '../config/options.ts'

/** What does not fit together in the options of one-time codes. */
export function otpFindings({ otp }: Pick<ControlConfig, 'otp'>): ConfigFinding[] {
  const findings: ConfigFinding[] = (['trustedProxies', 'officeSources'] as const).flatMap((name) =>
    otp[name]
      .filter((text) => !isBlock(text))
      .map((text) => ({ path: `otp.${name}`, message: `${JSON.stringify(text)} is no address or prefix` })),
  )
  if (otp.perOfficerDay < otp.perOfficerQuarterHour)
    findings.push({ path: 'otp.perOfficerDay', message: 'must not be less than otp.perOfficerQuarterHour' })
  return findings
}

function isBlock(text: string): boolean {
  try {
    return parseBlock(text) !== ''
  } catch (error) {
    if (error instanceof AddressError) return false
    throw error
  }
}
