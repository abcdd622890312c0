/** Runs one piece of work after another, in the order in which they were asked for. */
export type Queue = <Result>(work: () => Promise<Result>) => Promise<Result>

/** A new queue. What fails fails for its own caller; the next piece goes on. */
export function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }
}
