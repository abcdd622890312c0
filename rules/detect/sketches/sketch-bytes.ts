import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { CELL_WORD_BITS, MAX_CELL_RANK, MAX_RANK, REGISTER_COUNT } from './cell.ts'
import { CELL_LIMIT } from './cell-set.ts'
import { DistinctSketch } from './distinct-sketch.ts'
import { SketchError } from './sketch-error.ts'

const VERSION = 1
const SPARSE = 0
const DENSE = 1
/** Ten times the people of the country: a sketch above it was made up. */
const MAX_PERSONS = 1_000_000_000
const PACKED_BYTES = (REGISTER_COUNT * 6) / 8

/**
 * A sketch as bytes: version, body, check sum. The same persons give the same bytes, in whatever order they were counted. About 4 bytes
 * a person and 8 more while sparse, 12,294 bytes when dense.
 */
export function formatSketch(sketch: DistinctSketch): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(VERSION)
  writeSketch(sketch, writer)
  writer.checkSum()
  return writer.take()
}

/**
 * Reads what `formatSketch` wrote and nothing else.
 * @throws SketchError
 */
export function parseSketch(bytes: Uint8Array): DistinctSketch {
  const reader = new ByteReader(bytes)
  reader.takeCheckSum()
  const version = reader.byte()
  if (version !== VERSION)
    throw new SketchError('SKETCH_VERSION', `Cannot read a sketch: its version is ${version}, known is ${VERSION}`)
  const sketch = readSketch(reader)
  reader.finish()
  return sketch
}

/** Writes the body of a sketch, which tells its own end. */
export function writeSketch(sketch: DistinctSketch, writer: ByteWriter): void {
  const { registers } = sketch
  if (registers !== undefined) {
    writer.byte(DENSE)
    writer.bytes(packed(registers))
    return
  }
  const cells = sketch.sortedCells()
  writer.byte(SPARSE)
  writer.varint(cells.length)
  let before = 0
  for (const cell of cells) {
    writer.varint(cell - before)
    before = cell
  }
}

/**
 * Reads the body of a sketch.
 * @throws SketchError
 */
export function readSketch(reader: ByteReader): DistinctSketch {
  const kind = reader.byte()
  if (kind === SPARSE) return readSparse(reader)
  if (kind === DENSE) return readDense(reader)
  throw new SketchError('SKETCH_FORM', `Cannot read a sketch: its kind is ${kind}, neither sparse nor dense`)
}

function readSparse(reader: ByteReader): DistinctSketch {
  const sketch = new DistinctSketch()
  const count = reader.varint(CELL_LIMIT)
  let cell = 0
  for (let read = 0; read < count; read++) {
    const before = cell
    cell += reader.varint(2 ** CELL_WORD_BITS - 1 - before)
    const rank = cell & 63
    if (rank === 0 || rank > MAX_CELL_RANK) throw new SketchError('SKETCH_FORM', `Cannot read a sketch: no cell has rank ${rank}`)
    if (read > 0 && cell >>> 6 === before >>> 6) throw new SketchError('SKETCH_FORM', 'Cannot read a sketch: a cell stands twice')
    sketch.addCell(cell)
  }
  return sketch
}

function readDense(reader: ByteReader): DistinctSketch {
  const registers = unpacked(reader.bytes(PACKED_BYTES))
  if (registers.some((rank) => rank > MAX_RANK))
    throw new SketchError('SKETCH_FORM', 'Cannot read a sketch: a register is out of range')
  const sketch = new DistinctSketch()
  sketch.joinRegisters(registers)
  const persons = sketch.estimate()
  if (persons > MAX_PERSONS)
    throw new SketchError('SKETCH_IMPOSSIBLE', `Cannot take a sketch of ${persons} persons: it was made up`)
  return sketch
}

/** Four registers of 6 bits in three bytes. */
function packed(registers: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PACKED_BYTES)
  for (let from = 0, to = 0; from < REGISTER_COUNT; from += 4, to += 3) {
    const [a = 0, b = 0, c = 0, d = 0] = registers.subarray(from, from + 4)
    bytes[to] = a | (b << 6)
    bytes[to + 1] = (b >>> 2) | (c << 4)
    bytes[to + 2] = (c >>> 4) | (d << 2)
  }
  return bytes
}

function unpacked(bytes: Uint8Array): Uint8Array {
  const registers = new Uint8Array(REGISTER_COUNT)
  for (let from = 0, to = 0; to < REGISTER_COUNT; from += 3, to += 4) {
    const [x = 0, y = 0, z = 0] = bytes.subarray(from, from + 3)
    registers[to] = x & 63
    registers[to + 1] = (x >>> 6) | ((y & 15) << 2)
    registers[to + 2] = (y >>> 4) | ((z & 3) << 4)
    registers[to + 3] = z >>> 2
  }
  return registers
}
