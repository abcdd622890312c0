import type { HandOverFile, HandOverFiles } from '../../agent/gate/hand-over-files.ts'

interface Held {
  readonly content: Uint8Array
  readonly isFile: boolean
  readonly mark: string
}

/** The hand-over folder in memory. Like a disk it knows rights, kinds of files, and a file that shrinks while it is read. */
export interface FakeHandOverFiles extends HandOverFiles {
  /** Replaces a file, as the agent does. */
  put(name: HandOverFile, content: Uint8Array | string): void
  /** A pipe or a folder in its place. */
  putOther(name: HandOverFile): void
  remove(name: HandOverFile): void
  /** Reading it fails with this errno, its times as before; `undefined`: no longer. */
  refuse(name: HandOverFile, code: string | undefined): void
  /** How often bytes were read. */
  readonly reads: number
}

export function createFakeHandOverFiles(): FakeHandOverFiles {
  const held = new Map<HandOverFile, Held>()
  const refused = new Map<HandOverFile, string>()
  let writes = 0
  let reads = 0
  const put = (name: HandOverFile, content: Uint8Array, isFile: boolean): void => {
    writes += 1
    held.set(name, { content, isFile, mark: String(writes) })
  }
  return {
    put: (name, content) => put(name, typeof content === 'string' ? Buffer.from(content) : content, true),
    putOther: (name) => put(name, Buffer.alloc(0), false),
    remove: (name) => void held.delete(name),
    refuse(name, code) {
      if (code === undefined) refused.delete(name)
      else refused.set(name, code)
    },
    get reads() {
      return reads
    },
    async look(name, use) {
      const code = refused.get(name)
      if (code !== undefined) throw Object.assign(new Error(`${code}: no`), { code, syscall: 'open' })
      const file = held.get(name)
      if (file === undefined) return undefined
      return await use({
        mark: file.mark,
        refusal: file.isFile ? undefined : 'it is a named pipe, no file',
        isOpen: false,
        bytes: file.content.length,
        async read() {
          reads += 1
          return Buffer.from(file.content)
        },
      })
    },
  }
}
