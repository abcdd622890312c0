import { type DestinationStream, pino } from 'pino'

/** Structured log: a static message in the past tense, and the facts as fields. No line of an access log, no secret. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  /** Someone should get up. */
  error(facts: object, message: string): void
}

/** Fields that are never written, wherever they stand in the facts. */
const SECRET_FIELDS = ['token', 'tokenText', 'authorization', 'privateKey', 'password']

/** JSON lines by pino; times in ISO 8601. */
export function createJsonLog(level: 'debug' | 'info' | 'warn' | 'error', destination: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.headers.${field}`]), censor: '[hidden]' },
    },
    destination,
  )
}
