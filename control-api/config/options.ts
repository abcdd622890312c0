import { Type } from 'typebox'
import { type ConfigOf, option } from '../../rules/config/option-table.ts'
import { IMPORT_FIELDS, type ImportField } from '../imports/column-mapping.ts'
import { OTP_OPTIONS } from '../otp/otp-options.ts'
import { REHEARSAL_OPTIONS } from '../rehearsal/rehearsal-options.ts'
import { SMS_OPTIONS } from '../sms/sms-options.ts'
import { USER_FIELDS, type UserField } from '../users/user-forms.ts'

const count = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
const pathOrNull = Type.Union([Type.String({ minLength: 1 }), Type.Null()])
const level = Type.Union([
  Type.Literal('fatal'),
  Type.Literal('error'),
  Type.Literal('warn'),
  Type.Literal('info'),
  Type.Literal('debug'),
])

const titles = Type.Array(Type.String({ minLength: 1, maxLength: 150 }), { minItems: 1, maxItems: 50 })
const fields = Object.keys(IMPORT_FIELDS) as ImportField[]
const columnTitles = Type.Unsafe<Partial<Record<ImportField, string[]>>>(
  Type.Object(Object.fromEntries(fields.map((field) => [field, Type.Optional(titles)])), { additionalProperties: false }),
)
const userFields = Object.keys(USER_FIELDS) as UserField[]
const userColumnTitles = Type.Unsafe<Partial<Record<UserField, string[]>>>(
  Type.Object(Object.fromEntries(userFields.map((field) => [field, Type.Optional(titles)])), { additionalProperties: false }),
)
const userSectionTitles = Type.Object(
  {
    add: Type.Optional(titles),
    change: Type.Optional(titles),
    disable: Type.Optional(titles),
    cancel: Type.Optional(titles),
  },
  { additionalProperties: false },
)
const sectionTitles = Type.Object({ add: Type.Optional(titles), cancel: Type.Optional(titles) }, { additionalProperties: false })

/** All options of the control API: loader, `print-config`, JSON Schema and the table in README.md come from here. */
export const CONTROL_OPTIONS = {
  'data.dir': option(
    Type.String({ minLength: 1 }),
    '/var/lib/edgeward-control',
    'Folder of the database, the keys and the signed repository.',
  ),
  'server.host': option(Type.String({ minLength: 1 }), '127.0.0.1', 'Address to listen on.'),
  'server.port': option(count(0, 65_535), 8480, 'Port to listen on; 0 takes a free one.'),
  'server.maxBodyBytes': option(count(1024, 1_073_741_824), 1_048_576, 'Largest request body, imports apart.'),
  'server.maxStreams': option(count(1, 100_000), 4000, 'Event streams open at the same time.'),
  'server.maxStreamsEach': option(count(1, 1000), 8, 'Of these, as many as one agent or person may hold.'),
  'server.heartbeatS': option(count(1, 15), 10, 'Seconds between two signs of life on an event stream.'),
  'server.stopTimeoutS': option(count(1, 300), 10, 'Seconds that running requests get when the service stops.'),
  'tls.certFile': option(pathOrNull, null, 'Certificate chain (PEM); with tls.keyFile the service speaks HTTPS.'),
  'tls.keyFile': option(pathOrNull, null, 'Private key of the certificate (PEM).'),
  'log.level': option(level, 'info', 'Least severe log lines that are written.'),
  'tokens.days': option(count(1, 3650), 180, 'Days that a new access token of a person is valid.'),
  'agents.tokenHours': option(count(1, 720), 24, 'Hours that an enrolment token can be used.'),
  'agents.clockSkewS': option(count(0, 600), 60, 'Seconds that the clock of an agent may differ.'),
  'agents.reportsKept': option(count(1, 100_000), 200, 'Reports kept of each agent.'),
  'imports.columns': option(
    columnTitles,
    {},
    'Titles of the columns of a workbook, by field (for example `block: [Địa chỉ IP WAN]`); fields not named keep their own.',
  ),
  'imports.sections': option(sectionTitles, {}, 'Words that name the sections of a workbook, `add` and `cancel`.'),
  'publication.open': option(
    Type.Boolean(),
    false,
    'Serve the signed repository to anyone: its signatures protect it, its addresses are no longer private.',
  ),
  'publication.keep': option(count(2, 1000), 30, 'Lists kept in the signed repository.'),
  'publication.onEffectiveDates': option(
    Type.Boolean(),
    true,
    'Publish by itself when the first or last day of an approval comes.',
  ),
  'publication.effectiveSchedule': option(
    Type.String(),
    '* * * * *',
    'When effective dates are looked at (cron, Asia/Ho_Chi_Minh).',
  ),
  'publication.refreshSchedule': option(
    Type.String(),
    '7 * * * *',
    'When metadata is signed again before it expires (cron, Asia/Ho_Chi_Minh).',
  ),
  'publication.shrinkApprovalHours': option(count(1, 720), 24, 'Hours that an approval of a shrinking list can be used.'),
  'publication.maxShrinkShare': option(
    Type.Number({ minimum: 0, maximum: 1 }),
    0.1,
    'Share of the blocks that a revision may lose without a second person.',
  ),
  'publication.timestampHours': option(count(2, 168), 24, 'Hours until an edge that hears nothing new calls its list stale.'),
  'publication.snapshotDays': option(count(1, 90), 7, 'Days that snapshot metadata is valid.'),
  'publication.targetsDays': option(count(1, 730), 90, 'Days that targets metadata is valid.'),
  'publication.rootDays': option(count(30, 3650), 365, 'Days that the root metadata made by init is valid.'),
  'fleet.judgeEveryS': option(count(1, 60), 10, 'Seconds between two looks at what all edges counted together.'),
  'fleet.policyFile': option(
    pathOrNull,
    null,
    'Detection policy (YAML, the options of rules/detect) for the sum over all edges; without it the shipped one.',
  ),
  'fleet.maxParts': option(
    count(1000, 10_000_000),
    1_000_000,
    'Most counts held in memory (an account in a minute of an edge), some 300 bytes each.',
  ),
  'fleet.quietHours': option(
    count(1, 720),
    24,
    'Hours in which nothing but the rule `absolute`, by what comes after, follows for an account whose verdict a person took back.',
  ),
  'users.idleDays': option(count(7, 365), 45, 'Days without use after which a named user is disabled (1923/BHXH-CNTT).'),
  'users.warnDays': option(count(1, 60), 7, 'Days before that on which it is said.'),
  'users.idleSchedule': option(Type.String(), '20 1 * * *', 'When idle accounts are looked at (cron, Asia/Ho_Chi_Minh).'),
  'users.publishEveryS': option(count(1, 3600), 60, 'Seconds between two looks at whether the signed list of users differs.'),
  'users.columns': option(
    userColumnTitles,
    {},
    'Titles of the columns of forms 01/dk-ctn and 02/dk-ctn, by field; fields not named keep their own.',
  ),
  'users.sections': option(userSectionTitles, {}, 'Words that name their sections: `add`, `change`, `disable` and `cancel`.'),
  ...REHEARSAL_OPTIONS,
  ...OTP_OPTIONS,
  ...SMS_OPTIONS,
  'publication.lockWaitMs': option(count(0, 600_000), 30_000, 'Longest wait for another process that publishes.'),
} as const

export type ControlConfig = ConfigOf<typeof CONTROL_OPTIONS>
