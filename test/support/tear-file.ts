import { open, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Seeded } from './seeded.ts'

const BLOCK_BYTES = 512

/** Every file below `folder`, relative, in order. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Does to a file what a power cut or a bad disk does: cuts it off, flips a bit, fills blocks with zeros or with something else, doubles it. Gives what was done. */
export async function tearFile(path: string, seeded: Seeded): Promise<string> {
  const { size } = await stat(path)
  const at = seeded.below(Math.max(1, size))
  await using file = await open(path, 'r+')
  const one = Buffer.alloc(1)
  switch (seeded.below(6)) {
    case 0:
      await truncate(path, at)
      return `cut off at ${at} of ${size}`
    case 1:
      await truncate(path, 0)
      return 'emptied'
    case 2: {
      if (size === 0) return 'left empty'
      await file.read(one, 0, 1, at)
      await file.write(Buffer.from([(one[0] ?? 0) ^ (1 << seeded.below(8))]), 0, 1, at)
      return `a bit flipped at ${at} of ${size}`
    }
    case 3: {
      const start = at - (at % BLOCK_BYTES)
      const length = Math.max(0, Math.min(size - start, BLOCK_BYTES * (1 + seeded.below(8))))
      await file.write(Buffer.alloc(length), 0, length, start)
      return `${length} zeros at ${start} of ${size}`
    }
    case 4:
      await writeFile(path, Buffer.from(Array.from({ length: seeded.below(3000) }, () => seeded.below(256))))
      return 'other bytes'
    default: {
      await file.write(Buffer.alloc(1 + seeded.below(BLOCK_BYTES), 0x7d), 0, 1, size)
      return 'longer by a brace'
    }
  }
}
