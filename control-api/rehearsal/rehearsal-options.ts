import { Type } from 'typebox'
import { option } from '../../rules/config/option-table.ts'

/** Options of what edges count in rehearsal of the account policy. */
export const REHEARSAL_OPTIONS = {
  'rehearsal.keepDays': option(
    Type.Integer({ minimum: 7, maximum: 730 }),
    92,
    'Days that counts of the rehearsal of the account policy are kept.',
  ),
  'rehearsal.maxRows': option(
    Type.Integer({ minimum: 1000, maximum: 20_000_000 }),
    1_000_000,
    'Most rows of it, some 400 bytes each; the oldest days of the edge with the most rows make room.',
  ),
} as const
