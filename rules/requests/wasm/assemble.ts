/**
 * Just enough of an assembler for the few loops that JavaScript has no words for (WebAssembly Core Specification 2.0 §5). An expression is the code that
 * leaves its value on the stack; code is nested lists of bytes, flattened at the end.
 */
export type Code = number | readonly Code[]

export const I32 = 0x7f
export const I64 = 0x7e
export const V128 = 0x7b
export type ValueType = typeof I32 | typeof I64 | typeof V128

/** A function of the module; the locals are numbered on from its parameters. */
export interface WasmFunction {
  /** Under which name it is called from outside. */
  readonly name: string
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
  readonly locals: readonly ValueType[]
  readonly body: readonly Code[]
}

/** A module of these functions and one memory of so many pages of 64 KiB, called `memory`, that never grows. */
export function assemble(pages: number, functions: readonly WasmFunction[]): Uint8Array {
  const bytes: number[] = []
  flatten(
    [
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, vector(functions.map(({ parameters, results }) => [0x60, vector(parameters), vector(results)]))),
      section(3, vector(functions.map((_, number) => unsigned(number)))),
      section(5, [0x01, 0x01, unsigned(pages), unsigned(pages)]),
      section(
        7,
        vector([[textOf('memory'), 0x02, 0x00], ...functions.map(({ name }, number) => [textOf(name), 0x00, unsigned(number)])]),
      ),
      section(10, vector(functions.map(({ locals, body }) => sized([vector(locals.map((type) => [0x01, type])), body, 0x0b])))),
    ],
    bytes,
  )
  return Uint8Array.from(bytes)
}

export const get = (local: number): Code => [0x20, unsigned(local)]
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)]
export const tee = (local: number, value: Code): Code => [value, 0x22, unsigned(local)]
export const call = (number: number, ...values: Code[]): Code => [values, 0x10, unsigned(number)]
export const giveBack = (value: Code): Code => [value, 0x0f]

/** Runs `body`; `goOn` in it begins it anew, and at its end it is left. */
export const loop = (...body: Code[]): Code => [0x03, 0x40, body, 0x0b]
/** Runs `body`; `goOn` in it leaves it. */
export const block = (...body: Code[]): Code => [0x02, 0x40, body, 0x0b]
/** Jumps to the loop, or behind the block, that is so many levels out (`when` counts as a level). */
export const goOn = (levels: number): Code => [0x0c, unsigned(levels)]
export const goOnIf = (levels: number, condition: Code): Code => [condition, 0x0d, unsigned(levels)]
export const when = (condition: Code, ...body: Code[]): Code => [condition, 0x04, 0x40, body, 0x0b]
export const whenElse = (condition: Code, then: readonly Code[], otherwise: readonly Code[]): Code => [
  condition,
  0x04,
  0x40,
  then,
  0x05,
  otherwise,
  0x0b,
]
/** One of two values; both are worked out. */
export const choose = (condition: Code, yes: Code, no: Code): Code => [yes, no, condition, 0x1b]

/** Operators of 32 bits. */
export const i32 = {
  const: (value: number): Code => [0x41, signed(BigInt(value | 0))],
  isZero: (value: Code): Code => [value, 0x45],
  equal: binary(0x46),
  differ: binary(0x47),
  /** Signed. */
  less: binary(0x48),
  below: binary(0x49),
  above: binary(0x4b),
  /** Signed. */
  atLeast: binary(0x4e),
  add: binary(0x6a),
  subtract: binary(0x6b),
  multiply: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  shiftLeft: binary(0x74),
  shiftRight: binary(0x76),
  load: memory(0x28),
  byte: memory(0x2d),
  store: storing(0x36),
  store16: storing(0x3b),
  /** The low half of 64 bits. */
  wrap: (value: Code): Code => [value, 0xa7],
} as const

/** Operators of 64 bits. */
export const i64 = {
  const: (value: bigint): Code => [0x42, signed(BigInt.asIntN(64, value))],
  isZero: (value: Code): Code => [value, 0x50],
  equal: binary(0x51),
  differ: binary(0x52),
  add: binary(0x7c),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shiftLeft: binary(0x86),
  shiftRight: binary(0x88),
  rotate: binary(0x89),
  trailingZeros: (value: Code): Code => [value, 0x7a],
  load: memory(0x29),
  store: storing(0x37),
  /** 64 bits of 32, zeros in front. */
  extend: (value: Code): Code => [value, 0xad],
} as const

/** Operators of 16 bytes at once. */
export const v128 = {
  const: (bytes: readonly number[]): Code => [0xfd, 0x0c, bytes],
  load: (address: Code): Code => [address, 0xfd, 0x00, 0x00, 0x00],
  store: (address: Code, value: Code): Code => [address, value, 0xfd, 0x0b, 0x00, 0x00],
  and: (one: Code, other: Code): Code => [one, other, 0xfd, 0x4e],
  /** The bytes of `table` that `places` name, 0 for a place of 16 and more. */
  lookUp: (table: Code, places: Code): Code => [table, places, 0xfd, 0x0e],
  /** Each byte shifted on its own. */
  shiftBytesRight: (bytes: Code, bits: Code): Code => [bytes, bits, 0xfd, 0x6d],
  /** A byte of ones for each pair that differs. */
  differ: (one: Code, other: Code): Code => [one, other, 0xfd, 0x24],
  /** The highest bit of each byte, the first byte's lowest. */
  bitmask: (bytes: Code): Code => [bytes, 0xfd, 0x64],
} as const

function binary(opcode: number): (one: Code, other: Code) => Code {
  return (one, other) => [one, other, opcode]
}

function memory(opcode: number): (address: Code, offset?: number) => Code {
  return (address, offset = 0) => [address, opcode, 0x00, unsigned(offset)]
}

function storing(opcode: number): (address: Code, value: Code, offset?: number) => Code {
  return (address, value, offset = 0) => [address, value, opcode, 0x00, unsigned(offset)]
}

function section(id: number, content: Code): Code {
  return [id, sized(content)]
}

function sized(content: Code): Code {
  const bytes: number[] = []
  flatten(content, bytes)
  return [unsigned(bytes.length), bytes]
}

function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items]
}

function textOf(text: string): Code {
  return vector([...Buffer.from(text, 'latin1')])
}

/** LEB128: seven bits a byte, the low ones first. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: bigint): number[] {
  const low = Number(value & 0x7fn)
  const rest = value >> 7n
  const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)
  return isLast ? [low] : [low | 0x80, ...signed(rest)]
}

function flatten(code: Code, into: number[]): void {
  if (typeof code === 'number') into.push(code)
  else for (const part of code) flatten(part, into)
}
