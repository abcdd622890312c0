import type { FastifyBaseLogger } from 'fastify'
import { type DestinationStream, pino } from 'pino'

/** Members that never reach a log line, wherever they stand. Messages are static; facts are fields. */
const SECRET_MEMBERS = [
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'id_token',
  'password',
  'passwordHash',
  'secret',
  'privateKey',
  'sha256',
]

/** The JSON log: one line each, secrets redacted. */
export function createLog(level: string, destination: DestinationStream): FastifyBaseLogger {
  const paths = SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths, censor: '[redacted]' } },
    destination,
  )
}
