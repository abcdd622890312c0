import { Type } from 'typebox'
import { option } from '../../rules/config/option-table.ts'
import { IDLE_MINUTES } from '../../rules/grants/grant-life.ts'
import { OFFICER_COLUMN_NAMES, type OfficerTitles } from './officer-columns.ts'

const titles = Type.Array(Type.String({ minLength: 1, maxLength: 150 }), { minItems: 1, maxItems: 50 })
const officerTitles = Type.Unsafe<OfficerTitles>(
  Type.Object(Object.fromEntries(OFFICER_COLUMN_NAMES.map((name) => [name, Type.Optional(titles)])), {
    additionalProperties: false,
  }),
)
const count = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })

/** One-time codes and the grants that come of them (1232/BHXH-CNTT). */
export const OTP_OPTIONS = {
  'otp.codeMinutes': option(count(1, 15), 5, 'Minutes that a one-time code can be used.'),
  'otp.attempts': option(count(1, 10), 5, 'Wrong tries that a code bears.'),
  'otp.wrongBeforeLock': option(
    count(3, 100),
    10,
    'Wrong codes for one BHXH number from one address within an hour after which this address is locked for this number.',
  ),
  'otp.wrongPerSource': option(
    count(3, 10_000),
    60,
    'Wrong codes from one address for all numbers within an hour after which this address is locked.',
  ),
  'otp.wrongPerOfficerDay': option(
    count(10, 100),
    50,
    'Wrong codes for one number from addresses that the officer never used, within 24 hours; then such addresses wait.',
  ),
  'otp.alertWrong': option(count(3, 1000), 15, 'Wrong codes for one number within 24 hours that are told as an attack.'),
  'otp.lockMinutes': option(count(1, 1440), 30, 'Minutes that a lock lasts.'),
  'otp.officeSources': option(
    Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1000 }),
    [],
    'Addresses or prefixes of offices from which officers ask: known from the start, whatever strangers do.',
  ),
  'otp.resendS': option(
    count(10, 600),
    60,
    'Seconds until another code for the same number can be asked for from the same address.',
  ),
  'otp.perOfficerQuarterHour': option(
    count(1, 100),
    4,
    'Codes for one BHXH number within 15 minutes, from each address that the officer has used, and from all others together.',
  ),
  'otp.perOfficerDay': option(count(1, 1000), 30, 'The same within 24 hours.'),
  'otp.perPhoneHour': option(count(1, 100), 8, 'The same to one phone within an hour.'),
  'otp.perSourceQuarterHour': option(
    count(1, 100_000),
    60,
    'Codes asked for from one address (IPv6: one /64) within 15 minutes; an office may share one.',
  ),
  'otp.perMinute': option(
    count(1, 100_000),
    300,
    'Codes asked for from addresses that no officer has used, all together, within a minute.',
  ),
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
  'otp.columns': option(
    officerTitles,
    {},
    'Titles of the columns of a list of officers, by field (`name`, `bhxhCode`, `phone`, `account`); fields not named keep their own.',
  ),
  'otp.trustedProxies': option(
    Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }),
    [],
    'Addresses or prefixes of reverse proxies whose X-Forwarded-For counts for the page.',
  ),
} as const
