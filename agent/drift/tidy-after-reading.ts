import type { KernelReader } from './kernel-reader.ts'

/** The same reader; `tidy` is asked for once all was read and nobody holds it any more. Every start and every new list ends with a reading. */
export function tidyAfterReading(reader: KernelReader | undefined, tidy: () => void): KernelReader | undefined {
  return (
    reader && {
      async read(signal) {
        try {
          return await reader.read(signal)
        } finally {
          setImmediate(tidy)
        }
      },
    }
  )
}
