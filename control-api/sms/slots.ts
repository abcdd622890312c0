/** A number of places that are taken and given back, in the order of asking. */
export interface Slots {
  /** Waits for a place; disposing gives it back. */
  take(): Promise<Disposable>
}

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count
  const release = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    async take() {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      let isHeld = true
      return {
        [Symbol.dispose]() {
          if (isHeld) release()
          isHeld = false
        },
      }
    },
  }
}
