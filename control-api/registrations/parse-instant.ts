import { ControlError } from '../http/control-error.ts'

const DATE = /^\d{4}-\d{2}-\d{2}$/
const INSTANT = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/

/**
 * Milliseconds since 1970 of an instant (ISO 8601 with offset) or of a plain date, which the forms mean as midnight in Asia/Ho_Chi_Minh (UTC+7).
 * @throws ControlError PERIOD_REFUSED
 */
export function parseInstant(text: string, field: string): number {
  const day = DATE.test(text) ? text : INSTANT.exec(text)?.[1]
  const atMs = DATE.test(text) ? Date.parse(`${text}T00:00:00+07:00`) : Date.parse(text)
  if (day === undefined || Number.isNaN(atMs) || !isDay(day)) {
    throw new ControlError(
      'PERIOD_REFUSED',
      `Cannot read ${field} ${JSON.stringify(text.slice(0, 40))}: write 2024-07-27, or 2024-07-27T00:00:00+07:00.`,
      {
        vi: `Không đọc được ngày ${JSON.stringify(text.slice(0, 40))}: hãy ghi dạng 2024-07-27.`,
        errors: [{ path: `/body/${field}`, message: 'no date' }],
      },
    )
  }
  return atMs
}

/** JavaScript takes 30 February for 1 March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
}
