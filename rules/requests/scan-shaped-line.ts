import type { LineMachine } from './line-machine.ts'
import { findLineShape } from './line-shape.ts'
import { SPAN } from './line-spans.ts'

/** So many lines in a row that are sound and of another shape, and the shape is learnt anew. */
const MISSES_TO_LEARN = 16

/** A line that ends a window is looked at again in a window of its own if it is no longer than this. */
const CUT_BYTES = 4096

/**
 * The quick way through a log whose lines are all written by one `log_format`: what stands between the values is compared, not searched, and the ends of
 * values are marked for a whole chunk at once. Learnt from lines that the general scanner understood; gives a place only where that would find the
 * same places and `markTarget` the same marks. -1 says nothing about the line.
 */
export interface ShapedScanner {
  /** Takes a chunk of the log, whose bytes stay as they are until `end`. */
  begin(chunk: Buffer): void
  /** The place behind the line feed of the line that begins at `start`; -1 where the general scanners must decide. */
  scan(bytes: Buffer, start: number): number
  /** A line of the chunk that `scan` gave up and `scanJsonLine` understood. */
  learn(bytes: Buffer, start: number, end: number): void
  end(): void
}

/** @param machine its spans tell where the fields stand; without one, nothing is scanned this way */
export function createShapedScanner(machine: LineMachine | undefined): ShapedScanner {
  let chunk: Buffer | undefined
  let isTaught = false
  let misses = 0
  /** Where what the machine holds begins and ends in the chunk. */
  let [from, to] = [0, 0]

  /** Whether the window may end within the line, and the chunk goes on behind it. */
  function isCut(start: number): boolean {
    return chunk !== undefined && to < chunk.length && start > from && to - start < CUT_BYTES
  }

  return {
    begin(bytes) {
      chunk = bytes
      to = 0
    },
    scan(bytes, start) {
      if (machine === undefined || !isTaught || bytes !== chunk) return -1
      if (start >= to || start < from) {
        from = start
        to = machine.load(bytes, start)
      }
      let next = machine.scan(start - from)
      if (next < 0 && isCut(start)) {
        from = start
        to = machine.load(bytes, start)
        next = machine.scan(0)
      }
      if (next < 0) return -1
      misses = 0
      return next + from
    },
    learn(bytes, start, end) {
      if (machine === undefined || bytes !== chunk) return
      misses += 1
      if (isTaught && misses < MISSES_TO_LEARN) return
      const shape = findLineShape(bytes, start, end)
      misses = 0
      // A line without a target tells of no request.
      if (shape?.spans.includes(SPAN.uri) !== true) return
      machine.setShape(shape)
      isTaught = true
    },
    end() {
      chunk = undefined
    },
  }
}
