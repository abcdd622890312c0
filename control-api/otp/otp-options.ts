import { Type } from 'typebox'
import { option } from '../../rules/config/option-table.ts'
import { IDLE_MINUTES } from '../../rules/grants/grant-life.ts'

const count = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })

/** One-time codes and the grants that come of them (1232/BHXH-CNTT). */
export const OTP_OPTIONS = {
  'otp.codeMinutes': option(count(1, 15), 5, 'Minutes that a one-time code can be used.'),
  'otp.attempts': option(count(1, 10), 5, 'Wrong tries that a code bears.'),
  'otp.wrongBeforeLock': option(count(3, 100), 10, 'Wrong codes within an hour after which a BHXH number is locked.'),
  'otp.lockMinutes': option(count(1, 1440), 30, 'Minutes that the lock lasts.'),
  'otp.resendS': option(count(10, 600), 60, 'Seconds until another code can be asked for.'),
  'otp.perOfficerQuarterHour': option(count(1, 100), 4, 'Codes for one BHXH number within 15 minutes.'),
  'otp.perOfficerDay': option(count(1, 1000), 30, 'Codes for one BHXH number within 24 hours.'),
  'otp.perPhoneHour': option(count(1, 100), 8, 'Codes to one phone within an hour.'),
  'otp.perSourceQuarterHour': option(
    count(1, 100_000),
    60,
    'Codes asked for from one address (IPv6: one /64) within 15 minutes; an office may share one.',
  ),
  'otp.perMinute': option(count(1, 100_000), 300, 'Codes asked for by everybody together within a minute.'),
  'otp.idleMinutes': option(
    count(IDLE_MINUTES.minimum, IDLE_MINUTES.maximum),
    30,
    'Minutes without a look-up after which a grant lapses (1232/BHXH-CNTT: 30); signed, and the same at every edge.',
  ),
  'otp.grantHours': option(
    count(1, 24),
    12,
    'Hours after which a grant ends however busy it is; signed with each, and a shorter one counts for grants given before.',
  ),
  'otp.signEveryMs': option(
    count(250, 10_000),
    500,
    'Milliseconds between two looks at what grants changed; they are signed at most every 2 s.',
  ),
  'otp.trustedProxies': option(
    Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }),
    [],
    'Addresses or prefixes of reverse proxies whose X-Forwarded-For counts for the page.',
  ),
} as const
