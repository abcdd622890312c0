import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** The bytes of a cold log: `-` is standard input, `.gz` is unpacked. */
export function openLog(file: string, stdin: Readable): AsyncIterable<Uint8Array> {
  if (file === '-') return stdin.map((chunk: Uint8Array | string) => Buffer.from(chunk))
  const bytes = createReadStream(file, { highWaterMark: 1 << 20 })
  if (!file.endsWith('.gz')) return bytes
  const unpacked = createGunzip()
  bytes.on('error', (error) => unpacked.destroy(error)).pipe(unpacked)
  return unpacked
}
