import { ProgramError } from '../process/program-error.ts'
import type { Firewall } from './firewall.ts'
import { FirewallError, type FirewallErrorCode } from './firewall-error.ts'

/** Where the other backend cannot be used, nothing of it can be there. */
const NOTHING_THERE: ReadonlySet<FirewallErrorCode> = new Set(['NO_TOOL', 'NOT_PERMITTED', 'UNSUPPORTED'])

/**
 * The same firewall, which after its first program removes what another backend left: a host that gets nft after years of ipset would go on refusing by the old list
 * whomever the new one approves. After, not before: for a moment both judge, and never none.
 */
export function withoutRemains(
  firewall: Firewall,
  removeOther: () => Promise<void>,
  onMisfit: (error: FirewallError) => void,
): Firewall {
  let isAlone = false

  const removeOnce = async (): Promise<void> => {
    try {
      await removeOther()
      isAlone = true
    } catch (error) {
      if (error instanceof ProgramError && error.code === 'NOT_FOUND') isAlone = true
      else if (!(error instanceof FirewallError)) throw error
      else if (NOTHING_THERE.has(error.code)) isAlone = true
      // The program is in force all the same; the next one tries again.
      else onMisfit(error)
    }
  }

  return {
    ...firewall,
    async apply(program, options) {
      await firewall.apply(program, options)
      if (!isAlone) await removeOnce()
    },
  }
}
