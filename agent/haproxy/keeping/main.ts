import { parentPort, workerData } from 'node:worker_threads'
import { lowerPriority } from '../../process/lower-priority.ts'
import { createHaproxyHost, type HostData, type HostOrder } from './haproxy-host.ts'

/** Keeps the maps of a HAProxy, a pass for each order. */
function main(data: HostData): void {
  const host = createHaproxyHost(data)
  parentPort?.on('message', (order: HostOrder) => void host.pass(order).then((answer) => parentPort?.postMessage(answer)))
}

lowerPriority()
main(workerData as HostData)
