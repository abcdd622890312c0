import { validate } from 'node-cron'
import { type ConfigFinding, parseConfig } from '../../rules/config/parse-config.ts'
import { otpFindings } from '../otp/otp-findings.ts'
import { smsFindings } from '../sms/sms-findings.ts'
import { CONTROL_OPTIONS, type ControlConfig } from './options.ts'

/** Reads the control API's configuration. An empty text gives the defaults. @throws ConfigError with all faults at once */
export function parseControlConfig(text: string): ControlConfig {
  return parseConfig(CONTROL_OPTIONS, text, findingsOf)
}

function findingsOf(config: ControlConfig): ConfigFinding[] {
  const { tls, publication, users } = config
  const findings: ConfigFinding[] = [...otpFindings(config), ...smsFindings(config)]
  if ((tls.certFile === null) !== (tls.keyFile === null)) {
    findings.push({ path: 'tls', message: 'certFile and keyFile go together; name both or none' })
  }
  for (const name of ['effectiveSchedule', 'refreshSchedule'] as const) {
    if (!validate(publication[name]))
      findings.push({ path: `publication.${name}`, message: 'is not a cron expression, like "7 * * * *"' })
  }
  if (!validate(users.idleSchedule))
    findings.push({ path: 'users.idleSchedule', message: 'is not a cron expression, like "20 1 * * *"' })
  if (users.warnDays >= users.idleDays) findings.push({ path: 'users.warnDays', message: 'must be less than users.idleDays' })
  if (publication.snapshotDays * 24 < publication.timestampHours) {
    findings.push({ path: 'publication.snapshotDays', message: 'must not be shorter than publication.timestampHours' })
  }
  return findings
}
