import { Type } from 'typebox'
import { type ConfigOf, type OptionTable, option } from '../config/option-table.ts'
import { fallbackConfig } from '../config/print-config.ts'
import type { FunctionClass } from '../requests/attributed-request.ts'
import { GATE_MODES, GATE_RULES, type GateMode, type GateRule } from './gate-rule.ts'

/** 00:00 on 01/08/2024 in the portal's zone: three functions stop, and accounts shared by a facility cease (1923/BHXH-CNTT §1b, §1c). */
export const AUGUST_2024 = '2024-08-01T00:00+07:00'

export const FUNCTION_CLASSES: readonly FunctionClass[] = ['lookup', 'history', 'record', 'token', 'submit', 'catalogue', 'other']

const closed = { additionalProperties: false } as const
const Mode = oneOf(...GATE_MODES)
const Classes = Type.Array(oneOf(...FUNCTION_CLASSES), { maxItems: FUNCTION_CLASSES.length, uniqueItems: true })
/** A pattern, because of a union typebox tells each choice as an error of its own, and no more than eight. */
const RuleName = Type.Unsafe<GateRule>(Type.String({ pattern: `^(${GATE_RULES.join('|')})$` }))
const FunctionText = Type.String({ pattern: '^[A-Za-z0-9/]{1,64}$' })
/** Words that go into a header and a body: one line. */
const Line = Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })
const Instant = Type.String({ maxLength: 40 })
const perMinute = Type.Integer({ minimum: 1, maximum: 100_000 })

const Exemption = Type.Object(
  {
    rules: Type.Array(RuleName, { maxItems: GATE_RULES.length, uniqueItems: true }),
    facility: Type.Optional(Type.String({ pattern: '^[0-9]{5}$' })),
    province: Type.Optional(Type.String({ pattern: '^[0-9]{2}$' })),
    account: Type.Optional(Type.String({ pattern: '^[0-9]{5}(_(BV|TC))?$' })),
    token: Type.Optional(Type.String({ pattern: '^[a-p]{16}$' })),
    until: Instant,
    reason: Type.String({ minLength: 3, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]+$' }),
  },
  closed,
)

const Retired = Type.Object({ function: FunctionText, from: Instant }, closed)

const Limit = Type.Object(
  { function: Type.Optional(FunctionText), class: Type.Optional(oneOf(...FUNCTION_CLASSES)), perMinute, burst: perMinute },
  closed,
)

/** Everything that a policy of the gate says, and what holds where a source is silent. One table makes the loader, the signed form and the README. */
export const POLICY_OPTIONS = {
  'contact.vi': option(Line, 'Liên hệ BHXH tỉnh, thành phố quản lý cơ sở.', 'Whom a refused facility calls, in Vietnamese.'),
  'contact.en': option(Line, 'Call the provincial social insurance office in charge of your facility.', 'The same in English.'),
  exemptions: option(
    Type.Array(Exemption, { maxItems: 10_000 }),
    [],
    'Whom which `rules` (none named: all) do not refuse but only rehearse: each names one of `facility`, `province` (the code’s first two digits), `account` (one that names no person) and `token` (any account, keyed), an end `until` and a `reason`.',
  ),
  'suspended.mode': modeOption('enforce', 'Accounts that detection suspended, here or over all edges.'),
  'suspended.rehearseFrom': rehearseOption(),
  'suspended.enforceFrom': enforceOption(),
  'suspended.classes': classesOption('lookup', 'history', 'record', 'other'),
  'retired.mode': modeOption(
    'enforce',
    'Functions that a dispatch stopped. Before its own date a function is rehearsed at most.',
  ),
  'retired.rehearseFrom': rehearseOption(),
  'retired.enforceFrom': enforceOption(),
  'retired.functions': option(
    Type.Array(Retired, { maxItems: 100 }),
    [
      { function: 'KQNhanLichSuKCB595', from: AUGUST_2024 },
      { function: 'KQNhanLichSuKCB2018', from: AUGUST_2024 },
      { function: 'KQNhanLichSuKCB2019', from: AUGUST_2024 },
    ],
    'Each `function` by the dispatch’s name (every spelling of it is meant), and `from` when it is stopped.',
  ),
  'unnamed.mode': modeOption('observe', 'Requests that name no account.'),
  'unnamed.rehearseFrom': rehearseOption(),
  'unnamed.enforceFrom': enforceOption(),
  'unnamed.classes': classesOption('lookup', 'history', 'record'),
  'shared.mode': modeOption('rehearse', 'Accounts that name no person: `01234_BV`, `01234_TC`, `01234` (1923/BHXH-CNTT §1b).'),
  'shared.rehearseFrom': rehearseOption(),
  'shared.enforceFrom': enforceOption(AUGUST_2024),
  'shared.classes': classesOption('lookup', 'history', 'record', 'token', 'submit', 'catalogue'),
  'user.mode': modeOption(
    'rehearse',
    'Named accounts that are not on the signed list of users, are disabled there, or lack the right. Nothing is judged without a list.',
  ),
  'user.rehearseFrom': rehearseOption(),
  'user.enforceFrom': enforceOption(),
  'user.classes': classesOption('lookup', 'history', 'record', 'token'),
  'address.mode': modeOption(
    'rehearse',
    'Accounts used from an address that their facility has not registered. Nothing is judged without the list of addresses.',
  ),
  'address.rehearseFrom': rehearseOption(),
  'address.enforceFrom': enforceOption(),
  'address.classes': classesOption('lookup', 'history', 'record', 'token'),
  'otp.mode': modeOption(
    'enforce',
    'Histories and records without a live OTP grant (1232/BHXH-CNTT). Nothing is judged without the signed list of grants.',
  ),
  'otp.rehearseFrom': rehearseOption(),
  'otp.enforceFrom': enforceOption(),
  'otp.classes': classesOption('history', 'record'),
  'hours.mode': modeOption('off', 'Requests outside the hours, in the portal’s zone (UTC+7).'),
  'hours.rehearseFrom': rehearseOption(),
  'hours.enforceFrom': enforceOption(),
  'hours.classes': classesOption('history', 'record'),
  'hours.open': option(clock(), '00:00', 'When the hours begin, `HH:MM`.'),
  'hours.close': option(clock(), '24:00', 'When they end; before `open`: on the next day.'),
  'throttled.mode': modeOption('enforce', 'Accounts that detection throttles, beyond the requests that they still may make.'),
  'throttled.rehearseFrom': rehearseOption(),
  'throttled.enforceFrom': enforceOption(),
  'throttled.classes': classesOption('lookup', 'history', 'record', 'other'),
  'throttled.perMinute': option(perMinute, 20, 'Requests a minute that such an account may make.'),
  'throttled.burst': option(perMinute, 10, 'Of them at once.'),
  'rate.mode': modeOption('observe', 'More requests of one account to one function than its limit.'),
  'rate.rehearseFrom': rehearseOption(),
  'rate.enforceFrom': enforceOption(),
  'rate.limits': option(
    Type.Array(Limit, { maxItems: 100 }),
    [
      { class: 'lookup', perMinute: 1_200, burst: 2_400 },
      { class: 'history', perMinute: 120, burst: 240 },
      { class: 'record', perMinute: 120, burst: 240 },
      { class: 'token', perMinute: 60, burst: 120 },
    ],
    'Each for one `function`, or for every function of a `class` that has no limit of its own: `perMinute` for an account, and `burst` at once.',
  ),
} as const satisfies OptionTable

/** A policy of the gate, complete. */
export type GatePolicy = ConfigOf<typeof POLICY_OPTIONS>
export type GateExemption = GatePolicy['exemptions'][number]

/** What holds where nobody says anything else: the dates of the dispatches; what has none is rehearsed. */
export const DEFAULT_GATE_POLICY = fallbackConfig(POLICY_OPTIONS) as unknown as GatePolicy

function modeOption(fallback: GateMode, what: string) {
  return option(Mode, fallback, `${what} \`off\`, \`observe\` (counted), \`rehearse\` (counted and said), \`enforce\` (refused).`)
}

function rehearseOption() {
  return option(Instant, '', 'From when on it is rehearsed whatever `mode` says; ISO 8601 with offset, empty: no date.')
}

function enforceOption(fallback = '') {
  return option(Instant, fallback, 'From when on it is enforced whatever `mode` says; ISO 8601 with offset, empty: no date.')
}

function classesOption(...fallback: FunctionClass[]) {
  return option(Classes, fallback, 'Classes of functions that it judges; none named: all.')
}

function clock() {
  return Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$' })
}

function oneOf<T extends string>(...values: readonly T[]) {
  return Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))))
}
