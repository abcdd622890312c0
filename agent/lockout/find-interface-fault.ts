import type { Fault } from '../status/fault.ts'
import type { HostSight } from './host-sight.ts'

/** A fault where a judged interface is not there: a slip of the pen in its name would leave the door open without a word. */
export async function findInterfaceFault(
  sight: Pick<HostSight, 'interfaces'>,
  judged: readonly string[],
): Promise<Fault | undefined> {
  if (judged.length === 0) return undefined
  const there = await sight.interfaces()
  const missing = judged.filter((name) => !there.includes(name))
  if (missing.length === 0) return undefined
  const names = missing.map((name) => JSON.stringify(name)).join(', ')
  return {
    code: 'INTERFACE_MISSING',
    message: `Cannot judge packets on ${names} of firewall.interfaces: this host has ${there.join(', ') || 'no interface'}`,
  }
}
