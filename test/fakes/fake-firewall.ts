import { assertBlockable, assertCompilable } from '../../agent/firewall/assert-compilable.ts'
import type { Firewall, InForce, SeenSource } from '../../agent/firewall/firewall.ts'
import { FirewallError } from '../../agent/firewall/firewall-error.ts'
import { busiest } from '../../agent/firewall/read-seen.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { judgeSource } from '../../rules/firewall/judge-source.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'

type Call = 'check' | 'apply' | 'setBlocked' | 'inForce' | 'seen' | 'unlisted' | 'remove'

/** A firewall with a memory in place of a kernel. It passes the contract of the real ones. */
export interface FakeFirewall extends Firewall {
  /** What is in force, as it was applied, the timed blocks of `setBlocked` included. */
  readonly program: FilterProgram | undefined
  /** How often each call was made, failed ones included. */
  readonly calls: Readonly<Record<Call, number>>
  /** Revisions in the order in which they came into force. */
  readonly applied: readonly number[]
  /** The next `call` throws: `before` it did anything, or `after`, when the kernel holds it but nobody was told. */
  failNext(call: Call, when: 'before' | 'after', error?: Error): void
  /** What a new packet from `address` would meet. Nothing in force passes all. */
  wouldPass(address: string, port: number, protocol?: 'tcp' | 'udp'): boolean
  /** A stranger knocks: counted as the kernel counts, and answered. */
  knock(address: string, port: number): boolean
  /** So many packets of strangers found no room in the list. */
  overflow(packets: number): void
  /** Somebody else deletes our rules. */
  tamper(): void
}

/** A new one with nothing in force. */
export function createFakeFirewall(): FakeFirewall {
  const calls: Record<Call, number> = { check: 0, apply: 0, setBlocked: 0, inForce: 0, seen: 0, unlisted: 0, remove: 0 }
  const failures: { call: Call; when: 'before' | 'after'; error: Error }[] = []
  const packets = new Map<string, number>()
  const applied: number[] = []
  let unlisted = 0
  let program: FilterProgram | undefined
  let last: Promise<unknown> = Promise.resolve()

  /** One call after another, as the real ones do; a step in between, so that a caller who does not wait is found out. */
  const doing = <Result>(call: Call, work: () => Result): Promise<Result> => {
    const result = last.then(() => {
      calls[call] += 1
      failWhere(call, 'before')
      const done = work()
      failWhere(call, 'after')
      return done
    })
    last = result.catch(() => undefined)
    return result
  }

  const failWhere = (call: Call, when: 'before' | 'after'): void => {
    const index = failures.findIndex((failure) => failure.call === call && failure.when === when)
    const [failure] = index < 0 ? [] : failures.splice(index, 1)
    if (failure !== undefined) throw failure.error
  }

  const verdict = (address: string, port: number, protocol: 'tcp' | 'udp'): 'passed' | 'stranger' | 'refused' => {
    const block = parseBlock(address)
    if (program === undefined || !program.guarded[protocol].includes(port)) return 'passed'
    const verdict = judgeSource(program, block)
    if (verdict === 'stranger') return 'stranger'
    return verdict === 'blocked' ? 'refused' : 'passed'
  }
  const isPassed = (found: 'passed' | 'stranger' | 'refused') =>
    found === 'passed' || (found === 'stranger' && program?.mode === 'observe')

  return {
    backend: 'fake',
    calls,
    applied,
    get program() {
      return program
    },
    failNext(call, when, error = new FirewallError('REFUSED', 'The fake was told to fail')) {
      failures.push({ call, when, error })
    },
    wouldPass: (address, port, protocol = 'tcp') => isPassed(verdict(address, port, protocol)),
    knock(address, port) {
      const found = verdict(address, port, 'tcp')
      if (found === 'stranger') packets.set(address, (packets.get(address) ?? 0) + 1)
      return isPassed(found)
    },
    overflow(count) {
      unlisted += count
    },
    tamper() {
      program = undefined
    },
    check: (next) => doing('check', () => assertCompilable(next)),
    apply: (next) =>
      doing('apply', () => {
        assertCompilable(next)
        program = next
        applied.push(next.revision)
      }),
    setBlocked: (blocked) =>
      doing('setBlocked', () => {
        assertBlockable(blocked)
        if (program === undefined)
          throw new FirewallError('NOT_IN_FORCE', 'Cannot replace the blocked sources: nothing is in force')
        program = { ...program, blocked }
      }),
    inForce: () =>
      doing('inForce', (): InForce | undefined => {
        if (program === undefined) return undefined
        const { revision, digest, mode } = program
        return { revision, digest, mode }
      }),
    seen: (limit) =>
      doing('seen', (): readonly SeenSource[] =>
        busiest(
          Array.from(packets, ([address, count]) => ({ address, packets: count })),
          limit,
        ),
      ),
    unlisted: () => doing('unlisted', () => unlisted),
    remove: () =>
      doing('remove', () => {
        program = undefined
        packets.clear()
      }),
  }
}
