/** What can be wrong with one place of a config file. */
export const CONFIG_FAULTS = {
  NOT_YAML: 'the text is not YAML',
  UNKNOWN_KEY: 'no option has this path',
  MISSING: 'the option must be named and is not',
  WRONG_VALUE: 'the value is not one that the option takes',
} as const

export interface ConfigFault {
  readonly code: keyof typeof CONFIG_FAULTS
  /** Dotted path, list items by number (`logs.0.file`); empty for the whole file. */
  readonly path: string
  readonly message: string
  /** From 1; of the value, or of the nearest thing above it that the file has. */
  readonly line: number
  readonly column: number
}

/** A config file with faults: all of them, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'BAD_CONFIG'
  readonly faults: readonly ConfigFault[]
  constructor(faults: readonly ConfigFault[]) {
    super(
      faults.map(({ line, column, path, message }) => `${line}:${column} ${path === '' ? '' : `${path}: `}${message}`).join('\n'),
    )
    this.faults = faults
  }
}
