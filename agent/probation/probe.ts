/** How the portal did when it was asked once. `reason` is for people. */
export type ProbeResult = { readonly isWell: true } | { readonly isWell: false; readonly reason: string }

/** Asks whether the portal still answers. */
export interface Probe {
  /** What is asked, for status and log. */
  readonly target: string
  /** One try; ends within its own limit. Never throws. */
  ask(signal: AbortSignal): Promise<ProbeResult>
}
