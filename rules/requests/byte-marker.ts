/** Bytes marked at a time; a longer chunk is marked window by window. */
export const WINDOW_BYTES = 262_144
/** The bytes stand at the beginning of the memory, their marks behind them. */
const MARKS_AT = WINDOW_BYTES
const PAGE_BYTES = 65_536
const MEMORY_PAGES = (WINDOW_BYTES + WINDOW_BYTES / 8) / PAGE_BYTES + 1

/** Marks the bytes of a log at which a walk has to stop: all but those that lines mostly consist of. */
export interface ByteMarker {
  /** Marks what follows `start`, up to `WINDOW_BYTES` of it; gives the place behind the last byte marked. */
  mark(bytes: Uint8Array, start: number): number
  /** A bit for each byte marked, from the lowest bit of the first word on, for bytes that are no plain ASCII or one of `"#%&+=?\`. */
  readonly marks: Int32Array
}

/**
 * A loop of a dozen instructions in WebAssembly, because JavaScript has none that look at 16 bytes at once, and most of the time that a log takes is spent on
 * passing over tokens byte by byte. `undefined` where there is no WebAssembly or it has no SIMD; then lines are read the general way.
 */
export function createByteMarker(): ByteMarker | undefined {
  const { WebAssembly: wasm } = globalThis as { WebAssembly?: WasmHost }
  const code = markerCode()
  if (wasm === undefined || !wasm.validate(code)) return undefined
  const { memory, mark } = new wasm.Instance(new wasm.Module(code)).exports
  const text = new Uint8Array(memory.buffer, 0, WINDOW_BYTES)
  const marks = new Int32Array(memory.buffer, MARKS_AT, WINDOW_BYTES / 32)
  return {
    marks,
    mark(bytes, start) {
      const window = bytes.subarray(start, start + WINDOW_BYTES)
      text.set(window)
      mark(window.length)
      return start + window.length
    },
  }
}

/** As much of the host's WebAssembly as is needed; the compiler's own library has it for browsers alone. */
interface WasmHost {
  validate(code: Uint8Array): boolean
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly mark: (bytes: number) => void }
  }
}

/** Classes of bytes by their high half; a byte is marked if both of its halves name the same class. */
const EVERY = 1
const TWO = 2
const THREE = 4
const FIVE = 8
/** By the low half: every control character and byte beyond ASCII; `"#%&+`; `=?`; `\`. */
const LOWS = Array.from({ length: 16 }, (_, low) => {
  return EVERY | ([2, 3, 5, 6, 11].includes(low) ? TWO : 0) | (low === 13 || low === 15 ? THREE : 0) | (low === 12 ? FIVE : 0)
})
const HIGHS = Array.from({ length: 16 }, (_, high) => {
  return high < 2 || high > 7 ? EVERY : ({ 2: TWO, 3: THREE, 5: FIVE }[high] ?? 0)
})

/** The module, assembled by hand (WebAssembly Core Specification 2.0 §5). `mark(bytes)` looks each half of 16 bytes up at once. */
function markerCode(): Uint8Array {
  const v128Const = (bytes: readonly number[]) => [0xfd, 0x0c, ...bytes]
  const get = (local: number) => [0x20, local]
  const tee = (local: number) => [0x22, local]
  const constant = (value: number) => [0x41, value]
  const [end, source, target, sixteen] = [0, 1, 2, 3]
  const swizzle = [0xfd, 0x0e]
  const and = [0xfd, 0x4e]
  const add = [0x6a]
  const drop = [0x1a]
  const body = [
    [0x02, 0x02, 0x7f, 0x01, 0x7b], // locals: source and target (i32), sixteen (v128)
    [0x03, 0x40], // loop
    get(target),
    v128Const(LOWS),
    get(source),
    [0xfd, 0x00, 0x00, 0x00], // v128.load
    tee(sixteen),
    v128Const(Array.from({ length: 16 }, () => 0x0f)),
    and,
    swizzle,
    v128Const(HIGHS),
    get(sixteen),
    constant(4),
    [0xfd, 0x6d], // i8x16.shr_u
    swizzle,
    and,
    v128Const(Array.from({ length: 16 }, () => 0)),
    [0xfd, 0x24], // i8x16.ne
    [0xfd, 0x64], // i8x16.bitmask
    [0x3b, 0x00, ...leb128(MARKS_AT)], // i32.store16
    [get(target), constant(2), add, tee(target), drop].flat(),
    [get(source), constant(16), add, tee(source)].flat(),
    get(end),
    [0x49], // i32.lt_u
    [0x0d, 0x00], // br_if loop
    [0x0b, 0x0b],
  ].flat()
  return Uint8Array.from(
    [
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, [0x01, 0x60, 0x01, 0x7f, 0x00]), // type: (i32) → ()
      section(3, [0x01, 0x00]),
      section(5, [0x01, 0x00, MEMORY_PAGES]),
      section(7, [0x02, ...name('memory'), 0x02, 0x00, ...name('mark'), 0x00, 0x00]),
      section(10, [0x01, ...leb128(body.length), ...body]),
    ].flat(),
  )
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb128(content.length), ...content]
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'latin1')]
}

/** Unsigned, seven bits a byte. */
function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)]
}
