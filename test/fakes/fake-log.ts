import type { Log } from '../../agent/log/log.ts'

export interface LogLine {
  readonly level: keyof Log
  readonly message: string
  readonly facts: object
}

/** A log that can be read. */
export interface FakeLog extends Log {
  readonly lines: readonly LogLine[]
  messages(level?: keyof Log): readonly string[]
}

export function createFakeLog(): FakeLog {
  const lines: LogLine[] = []
  const at = (level: keyof Log) => (facts: object, message: string) => void lines.push({ level, message, facts })
  return {
    lines,
    messages: (level) => lines.filter((line) => level === undefined || line.level === level).map(({ message }) => message),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  }
}
