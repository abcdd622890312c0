import type { BootPart, BootProgramFiles, BootTool } from '../../agent/memory/boot-program.ts'
import { MemoryError } from '../../agent/memory/memory-error.ts'

/** Boot programs that are forgotten when the test ends. */
export interface FakeBootProgramFiles extends BootProgramFiles {
  /** Text of each part that was kept. */
  readonly kept: ReadonlyMap<BootPart, string>
  /** What the loader would give each part to. */
  readonly tools: ReadonlyMap<BootPart, readonly BootTool[]>
  /** How often a part was written. */
  readonly writes: readonly BootPart[]
  /** The next `keep` fails as a full disk does. */
  failNext(): void
}

export function createFakeBootProgramFiles(): FakeBootProgramFiles {
  const kept = new Map<BootPart, string>()
  const tools = new Map<BootPart, readonly BootTool[]>()
  const writes: BootPart[] = []
  let willFail = false
  return {
    kept,
    tools,
    writes,
    failNext() {
      willFail = true
    },
    async keep(part, files) {
      const text = files.flatMap(({ chunks }) => [...chunks]).join('')
      const used = files.map(({ tool }) => tool)
      if (willFail) {
        willFail = false
        throw new MemoryError('STATE_UNWRITABLE', 'The fake was told to fail')
      }
      writes.push(part)
      kept.set(part, text)
      tools.set(part, used)
    },
  }
}
