import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What is in use after the garbage was collected: heap and buffers. */
export function usedBytes(): number {
  setFlagsFromString('--expose_gc')
  // Buffers of what is found dead are given back by the next collection only.
  for (let time = 0; time < 2; time++) runInNewContext('gc')()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
