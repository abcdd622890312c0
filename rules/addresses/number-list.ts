/** A list of 32-bit numbers that grows. Only the first `size` of `values` count. */
export interface NumberList {
  values: Uint32Array
  size: number
  push(value: number): void
}

/** Doubles its room when it is full, so that a million numbers cost four megabytes and no garbage on the way but the halves. */
export function createNumberList(): NumberList {
  return {
    values: new Uint32Array(256),
    size: 0,
    push(value) {
      if (this.size === this.values.length) {
        const wider = new Uint32Array(2 * this.size)
        wider.set(this.values)
        this.values = wider
      }
      this.values[this.size] = value
      this.size += 1
    },
  }
}
