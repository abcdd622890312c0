import type { GateMode } from '../../../rules/gate/gate-rule.ts'
import type { GatePolicy } from '../../../rules/gate/policy-options.ts'
import type { RememberedUse } from '../../../rules/grants/edge-grants.ts'
import type { Flag } from '../../../rules/reports/flag.ts'
import { EdgeGateError } from '../../gate/edge-gate-error.ts'
import { createGateHolder } from '../../gate/gate-holder.ts'
import type { GateMark } from '../../gate/gate-memory.ts'
import { createFolderFiles } from '../../gate/hand-over-files.ts'
import { createHandedOver } from '../../gate/handed-over.ts'
import { createHaproxyKeeper } from '../haproxy-keeper.ts'
import type { ProxyDecisions } from '../read-decisions.ts'
import { createRuntimeSocket } from '../runtime-socket.ts'

/** What the keeping of a HAProxy's maps begins with. */
export interface HostData {
  /** The folder in which the agent leaves what it verified. */
  readonly dir: string
  readonly socket: string
  readonly maps: string
  readonly fallback: GatePolicy
  readonly strongest: GateMode
  readonly maskingKey: Uint8Array
  readonly tallyKey: Uint8Array | undefined
  readonly mark: GateMark
  /** All that are live. */
  readonly flags: readonly Flag[]
  readonly nowMs: number
}

/** What the gate tells before each pass. */
export interface HostOrder {
  readonly nowMs: number
  /** Flags since the last one. */
  readonly flags: readonly Flag[]
  /** Look-ups under grants that proxies asked the gate about. */
  readonly uses: readonly RememberedUse[]
}

/** What it hears after it. */
export interface HostAnswer {
  readonly fault: { readonly code: EdgeGateError['code']; readonly message: string } | undefined
  /** Named users on the list who asked there. */
  readonly users: readonly { readonly token: string; readonly atMs: number }[]
  /** Look-ups under grants that HAProxy let pass. */
  readonly uses: readonly RememberedUse[]
  readonly decisions: readonly ProxyDecisions[]
}

/** Keeps the maps of a HAProxy. It reads the hand-over folder by itself: lists of a million users are made into entries far from where requests wait. */
export interface HaproxyHost extends AsyncDisposable {
  /** Never throws. */
  pass(order: HostOrder): Promise<HostAnswer>
}

export function createHaproxyHost(data: HostData): HaproxyHost {
  const { dir, socket, maps, mark, flags, nowMs, ...rest } = data
  const holder = createGateHolder({ ...rest, mark, nowMs })
  // The gate reads the same files, and tells their faults.
  const handedOver = createHandedOver(createFolderFiles(dir), mark.versions, { ...holder.taker, fault: () => undefined })
  const heard = { users: [] as HostAnswer['users'][number][], uses: [] as RememberedUse[], decisions: [] as ProxyDecisions[] }
  const keeper = createHaproxyKeeper(createRuntimeSocket(socket), maps, {
    onUser: (token, atMs) => heard.users.push({ token, atMs }),
    onUse: (token, usedAtMs) => heard.uses.push({ token, usedAtMs }),
    onDecisions: (decisions) => heard.decisions.push(decisions),
  })
  for (const flag of flags) holder.standings.takeFlag(flag)

  async function work({ nowMs: atMs, flags: fresh, uses }: HostOrder): Promise<void> {
    for (const flag of fresh) holder.standings.takeFlag(flag)
    await handedOver.look()
    for (const { token, usedAtMs } of uses) holder.grants?.use(token, usedAtMs)
    holder.mark.raise(atMs)
    holder.standings.forget(holder.mark.markMs)
    await keeper.pass(holder.forHaproxy(atMs), atMs)
  }

  return {
    async pass(order) {
      const fault = await work(order).then(() => undefined, faultOf)
      return { fault, users: heard.users.splice(0), uses: heard.uses.splice(0), decisions: heard.decisions.splice(0) }
    },
    [Symbol.asyncDispose]: () => handedOver[Symbol.asyncDispose](),
  }
}

function faultOf(error: unknown): HostAnswer['fault'] {
  if (error instanceof EdgeGateError) return { code: error.code, message: error.message }
  return { code: 'GATE_HAPROXY_REFUSED', message: `The maps of HAProxy cannot be kept: ${String(error)}` }
}
