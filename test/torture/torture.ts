/** Counts of one round, added up over all rounds: probes sent, revisions applied, kills. Names are shown as they are. */
export type TortureFigures = Readonly<Record<string, number>>

/** What holds while rounds run: a namespace, a kernel, an agent. Made anew by a run that goes on where another was stopped. */
export interface TortureRounds extends AsyncDisposable {
  /**
   * One round, told by `seed` alone: the same seed does the same again, whatever ran before it. It leaves nothing that the next round could see.
   * @throws Error that says what was expected and what was found, where anything was wrong
   */
  run(seed: number): Promise<TortureFigures>
}

/** A long search for what must never happen. */
export interface Torture {
  /** One sentence: what is done, and what would be a failure. */
  readonly what: string
  /** Rounds of a full run. */
  readonly rounds: number
  /** What a full run must have counted at least, by the name of the figure. */
  readonly goals: TortureFigures
  /** Why it cannot run here; `undefined` where it can. */
  findObstacle(): Promise<string | undefined>
  begin(): Promise<TortureRounds>
}
