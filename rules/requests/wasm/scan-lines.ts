import { block, type Code, call, get, goOnIf, I32, i32, loop, set, tee, v128, type WasmFunction } from './assemble.ts'
import { AT, FIGURE, FUNCTION, LINE, LINES } from './line-layout.ts'

const c = i32.const

/** Takes up to `LINES` lines apart from `start` on, until one has not the shape; gives how many, each with its places and figures. */
export function scanLinesFunction(): WasmFunction {
  const [start, line, count] = [0, 1, 2]
  // What a line left at `from`, sixteen bytes at a time.
  const keep = (from: number, to: number, bytes: number): Code =>
    Array.from({ length: bytes / 16 }, (_, part) =>
      v128.store(i32.add(get(line), c(to + 16 * part)), v128.load(c(from + 16 * part))),
    )
  const figure = (number: number): Code => i32.load(c(AT.figures + 4 * number))
  return {
    name: 'scanLines',
    parameters: [I32],
    results: [I32],
    locals: [I32, I32],
    body: [
      set(line, c(AT.lines)),
      block(
        loop(
          goOnIf(1, i32.less(tee(start, call(FUNCTION.scan, get(start))), c(0))),
          i32.store(c(AT.figures + 4 * FIGURE.next), get(start)),
          keep(AT.starts, LINE.starts, LINE.ends - LINE.starts),
          keep(AT.ends, LINE.ends, LINE.figures - LINE.ends),
          keep(AT.figures, LINE.figures, 32),
          i32.store(i32.add(c(AT.accounts), i32.shiftLeft(get(count), c(2))), figure(FIGURE.account)),
          set(line, i32.add(get(line), c(LINE.bytes))),
          goOnIf(0, i32.below(tee(count, i32.add(get(count), c(1))), c(LINES))),
        ),
      ),
      get(count),
    ],
  }
}
