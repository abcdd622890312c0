/** Why one row is refused or left as it is. A row may also carry a code of the addresses (`rules/addresses`). */
export const ROW_ERRORS = {
  FORMULA: 'A cell holds a formula; paste its value.',
  CELL_ERROR: 'A cell shows an error of the spreadsheet.',
  MERGED_CELLS: 'A cell is merged with others; unmerge and fill in every row.',
  SECTION_MISSING: 'Nothing says whether the row adds or cancels.',
  FACILITY_MISSING: 'The facility code is missing.',
  LEADING_ZERO_LOST: 'The facility code has fewer than five digits: the spreadsheet took it for a number.',
  FACILITY_MALFORMED: 'The facility code is not five digits.',
  NAME_MISSING: 'The name of the facility is missing.',
  TEXT_TOO_LONG: 'A text is longer than is kept.',
  CONTROL_TEXT: 'A text holds control characters.',
  PROVINCE_MISSING: 'Neither the row nor the import names the managing province.',
  PROVINCE_DIFFERS: 'The row names another province than the import.',
  ROW_PROVINCE_UNKNOWN: 'No province has this code today.',
  DISPATCH_MALFORMED: 'The dispatch number of the row cannot stand in a list.',
  BLOCK_MISSING: 'The address is missing.',
  BLOCK_NUMERIC: 'The address is a number to the spreadsheet, which may have changed it.',
  DUPLICATE_ROW: 'The same unit and address stand in the file twice.',
  CONTRADICTION: 'The file both adds and cancels this address for this unit.',
  CONFLICT_IN_FILE: 'Another unit of the same file claims this address or part of it.',
  CONFLICT: 'Another unit holds this address or part of it.',
  NOT_HELD: 'Nobody holds the address that is to be cancelled.',
  HELD_BY_OTHER_UNIT: 'Another unit holds the address that is to be cancelled.',
  UNCHANGED: 'The unit holds this address already.',
  CANCEL_PENDING: 'The cancel waits for approval already.',
} as const

export type RowErrorCode = keyof typeof ROW_ERRORS
