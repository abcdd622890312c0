import { LOG_FORMATS, type LogDialect } from '../../rules/requests/log-format.ts'
import { parseLogTemplate } from '../../rules/requests/log-template.ts'
import { RequestError } from '../../rules/requests/request-error.ts'
import { findOffsetMinutes } from '../../rules/requests/utc-offset.ts'
import { UsageError } from './command.ts'

/** Options of the commands that read logs, for `parseArgs`. */
export const LOG_OPTIONS = {
  format: { type: 'string' },
  template: { type: 'string' },
  'haproxy-offset': { type: 'string' },
  'haproxy-user-agent': { type: 'string' },
} as const

/** Their lines in `--help`. */
export const LOG_USAGE =
  '    --template TEXT        for --format template: as in log_format of nginx, such as \'$remote_addr [$time_local] "$request" $status\'\n' +
  '    --haproxy-offset +HH:MM   offset of the clock that wrote a HAProxy log; +07:00 if nobody says\n' +
  '    --haproxy-user-agent N    the Nth request header that HAProxy captures is the User-Agent\n'

/** @throws UsageError */
export function readLogDialect(values: {
  readonly format?: string | undefined
  readonly template?: string | undefined
  readonly 'haproxy-offset'?: string | undefined
  readonly 'haproxy-user-agent'?: string | undefined
}): LogDialect {
  const format = LOG_FORMATS.find((name) => name === values.format)
  if (format === undefined) {
    const given = values.format === undefined ? 'it is missing' : `${JSON.stringify(values.format)} is none of them`
    throw new UsageError(`Cannot read the log: --format must be one of ${LOG_FORMATS.join(', ')}, ${given}`)
  }
  return {
    format,
    ...templateOf(format, values.template),
    ...offsetOf(format, values['haproxy-offset']),
    ...userAgentOf(format, values['haproxy-user-agent']),
  }
}

function templateOf(format: string, template: string | undefined): { template?: string } {
  if ((format === 'template') !== (template !== undefined)) {
    throw new UsageError('Cannot read the log: --template TEXT goes with --format template, and neither without the other')
  }
  if (template === undefined) return {}
  try {
    parseLogTemplate(template)
    return { template }
  } catch (cause) {
    if (!(cause instanceof RequestError)) throw cause
    throw new UsageError(cause.message, { cause })
  }
}

function offsetOf(format: string, text: string | undefined): { haproxyOffsetMinutes?: number } {
  if (text === undefined) return {}
  if (format !== 'haproxy') throw new UsageError('Cannot read the log: --haproxy-offset goes with --format haproxy')
  const haproxyOffsetMinutes = findOffsetMinutes(text)
  if (haproxyOffsetMinutes !== undefined) return { haproxyOffsetMinutes }
  throw new UsageError(`Cannot read the log: --haproxy-offset must be an offset such as +07:00 or Z, is ${JSON.stringify(text)}`)
}

function userAgentOf(format: string, text: string | undefined): { haproxyUserAgent?: number } {
  if (text === undefined) return {}
  if (format !== 'haproxy') throw new UsageError('Cannot read the log: --haproxy-user-agent goes with --format haproxy')
  if (/^[1-9][0-9]?$/.test(text)) return { haproxyUserAgent: Number(text) }
  throw new UsageError(`Cannot read the log: --haproxy-user-agent must be a number from 1 on, is ${JSON.stringify(text)}`)
}
