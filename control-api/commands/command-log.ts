import type { FastifyBaseLogger } from 'fastify'
import { createLog } from '../http/create-log.ts'
import type { CommandIo } from './command.ts'

/** What a command has to say beside its answer: warnings and worse, on standard error. */
export function commandLog(io: Pick<CommandIo, 'stderr'>): FastifyBaseLogger {
  return createLog('warn', io.stderr)
}
