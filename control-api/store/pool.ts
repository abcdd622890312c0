/** Lends things that only one may use at a time: reuses idle ones, opens up to `max`, then lets borrowers wait their turn. */
export interface Pool<T> {
  use<R>(work: (thing: T) => Promise<R>): Promise<R>
  /** Waits until all are back and gives them to `close`. */
  drain(close: (thing: T) => Promise<void>): Promise<void>
}

export function createPool<T>(open: () => T, max: number): Pool<T> {
  const idle: T[] = []
  const waiting: ((thing: T) => void)[] = []
  const all: T[] = []
  const lent = (): Promise<T> => new Promise((resolve) => waiting.push(resolve))
  const borrow = async (): Promise<T> => {
    const free = idle.pop()
    if (free !== undefined) return free
    if (all.length >= max) return lent()
    const opened = open()
    all.push(opened)
    return opened
  }
  const giveBack = (thing: T): void => {
    const next = waiting.shift()
    if (next === undefined) idle.push(thing)
    else next(thing)
  }
  return {
    async use(work) {
      const thing = await borrow()
      try {
        return await work(thing)
      } finally {
        giveBack(thing)
      }
    },
    async drain(close) {
      const things = await Promise.all(all.map(async () => idle.pop() ?? lent()))
      for (const thing of things) await close(thing)
      all.length = 0
    },
  }
}
