/** Why a whole file is not taken: HTTP status and title of each problem. Rows have codes of their own. */
export const IMPORT_ERRORS = {
  FILE_EMPTY: { status: 400, title: 'The file holds nothing' },
  FILE_TOO_LARGE: { status: 413, title: 'The file is larger than is taken, packed or unpacked' },
  FILE_DAMAGED: { status: 400, title: 'The file is damaged or is not what its name says' },
  FILE_PROTECTED: { status: 400, title: 'The workbook is protected by a password' },
  OLD_WORKBOOK: { status: 400, title: 'The workbook is in an old or other format; save it as .xlsx' },
  NOT_UTF8: { status: 400, title: 'The text is not UTF-8; save it as CSV UTF-8' },
  WRONG_SHEET: { status: 400, title: 'No sheet has the table that is looked for' },
  SEVERAL_SHEETS: { status: 400, title: 'More than one sheet has such a table; name the one that is meant' },
  COLUMN_MISSING: { status: 400, title: 'The table lacks a column that is needed' },
  COLUMN_TWICE: { status: 400, title: 'The table has a column twice' },
  TOO_MANY_ROWS: { status: 413, title: 'The sheet has more rows than are taken at once' },
  NOT_TAKEN: { status: 409, title: 'The import has nothing that could be approved' },
} as const
