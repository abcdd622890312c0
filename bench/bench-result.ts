/** One measurement beside the machine's own limit for the same work, taken in the same run: the ratio travels between machines, the figures do not. */
export interface BenchResult {
  /** `ingest`, `cold-load` … */
  readonly bench: string
  readonly case: string
  readonly ours: number
  readonly limit: number
  /** `ours / limit`. */
  readonly ratio: number
  /** Of both figures: `lines/s`, `ms`. */
  readonly unit: string
}
