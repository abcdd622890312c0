/**
 * Why a log line gave no request, or less than it could. The words are fixed: nothing of the line is ever repeated,
 * because a line may hold passwords, tokens and citizen IDs (`1923/BHXH-CNTT §1b`, Decree 13/2023/NĐ-CP).
 */
export const LINE_FAULTS = {
  EMPTY_LINE: 'the line is empty',
  LINE_TOO_LONG: 'the line is longer than the limit of 1 MiB and was skipped without being kept',
  NOT_JSON: 'the line is not one whole JSON object, perhaps cut short',
  DUPLICATE_KEY: 'a key that the log format knows stands twice in the object, so neither value can be believed',
  MISSING_FIELD: 'the line lacks `at`, `ip` or `uri`, or one of them is not text',
  BAD_LAYOUT: 'the line does not have the layout of the log format, perhaps cut short',
  BAD_TIME: 'the time is not a possible date and time with an offset',
  BAD_ADDRESS: 'the client address is not one plain IP address',
} as const

export type LineFault = keyof typeof LINE_FAULTS
