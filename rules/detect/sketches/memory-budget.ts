/** A number of bytes that several parts share. Nothing is taken beyond it. */
export class MemoryBudget {
  readonly maxBytes: number
  usedBytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Takes so many bytes; false, and nothing taken, if there are not as many left. */
  take(bytes: number): boolean {
    if (this.usedBytes + bytes > this.maxBytes) return false
    this.usedBytes += bytes
    return true
  }

  /** Gives bytes back. */
  give(bytes: number): void {
    this.usedBytes -= bytes
  }
}
