import { FilterError, type FilterErrorCode } from './filter-error.ts'
import type { FilterProgram, TimedBlock } from './program.ts'

/** IFNAMSIZ is 16 with the final NUL. Neither quotes nor the `*` of nft's patterns. */
const INTERFACE_NAME = /^[A-Za-z0-9_.@-]{1,15}$/
const MAX_REMAINING_MS = 10 * 366 * 24 * 3600 * 1000

/**
 * Nothing gets into a backend's text unchecked: every compiler calls this first. The blocks need no check, since they are printed from bytes.
 * @throws FilterError with the code of the first fault
 */
export function checkProgram(program: FilterProgram): void {
  const { revision, digest, mode, refuse, hooks, guarded, interfaces, blocked, opened = [] } = program
  demand(Number.isSafeInteger(revision) && revision >= 0, 'BAD_REVISION', `revision ${revision}`)
  demand(/^[0-9a-f]{64}$/.test(digest), 'BAD_DIGEST', `digest ${JSON.stringify(digest)}`)
  demand(mode === 'observe' || mode === 'enforce', 'BAD_MODE', `mode ${JSON.stringify(mode)}`)
  demand(refuse === 'reset' || refuse === 'drop', 'BAD_REFUSE', `refuse ${JSON.stringify(refuse)}`)
  const areHooks = hooks.length > 0 && isWithoutRepeats(hooks) && hooks.every((hook) => hook === 'input' || hook === 'forward')
  demand(areHooks, 'BAD_HOOK', `hooks ${JSON.stringify(hooks)}`)
  const ports = [...guarded.tcp, ...guarded.udp]
  const arePorts = ports.every((port) => Number.isInteger(port) && port >= 1 && port <= 65535)
  const areOnce = isWithoutRepeats(guarded.tcp) && isWithoutRepeats(guarded.udp)
  demand(ports.length > 0 && arePorts && areOnce, 'BAD_PORT', `guarded ports ${JSON.stringify(guarded)}`)
  for (const name of interfaces) demand(INTERFACE_NAME.test(name), 'BAD_INTERFACE', `interface ${JSON.stringify(name)}`)
  checkBlocked([...blocked, ...opened])
}

/** The same of timed blocks alone. @throws FilterError BAD_TIMEOUT */
export function checkBlocked(blocked: readonly TimedBlock[]): void {
  for (const { block, remainingMs } of blocked) {
    const isTimeout = Number.isInteger(remainingMs) && remainingMs >= 1 && remainingMs <= MAX_REMAINING_MS
    demand(isTimeout, 'BAD_TIMEOUT', `${remainingMs} ms for ${block}`)
  }
}

function demand(holds: boolean, code: FilterErrorCode, what: string): asserts holds {
  if (!holds) throw new FilterError(code, `Cannot compile a program with ${what}`)
}

function isWithoutRepeats(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}
