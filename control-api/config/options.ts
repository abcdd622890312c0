/** Filled from `rules/config` in the next step. */
export interface ControlConfig {
  readonly dataDir: string
}
