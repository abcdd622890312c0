import type { NormsFile } from '../../control-api/fleet/norms-file.ts'

/** Keeps what is usual in memory; `fail` has the next writings fail. */
export interface MemoryNormsFile extends NormsFile {
  bytes: Uint8Array | undefined
  isFull: boolean
}

export function createMemoryNormsFile(): MemoryNormsFile {
  const file: MemoryNormsFile = {
    bytes: undefined,
    isFull: false,
    read: async () => file.bytes,
    async write(bytes) {
      if (file.isFull) throw new Error('no space left on device')
      file.bytes = bytes
    },
  }
  return file
}
