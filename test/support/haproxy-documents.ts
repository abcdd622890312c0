import { policyEntries } from '../../agent/haproxy/policy-entries.ts'
import { formatPolicy, parsePolicySource } from '../../rules/gate/policy-document.ts'
import { formatGrants, grantsDocument } from '../../rules/grants/grants-document.ts'
import type { runGate } from './gate-edge.ts'
import type { startHaproxy } from './haproxy-edge.ts'
import { until } from './until.ts'

const HOUR_MS = 3_600_000

export interface HaproxyDocuments {
  /** Until HAProxy judges by the policy that the gate holds. */
  readonly isFilled: () => Promise<void>
  /** Hands a policy over, a version higher each time, and waits until HAProxy has it. */
  readonly takePolicy: (yaml: string) => Promise<void>
  /** Hands grants over, a version higher each time, and waits until the gate has them. */
  readonly takeGrants: (...all: readonly { token: string; usedAtMs: number }[]) => Promise<void>
}

/** Hands over what the agent would, to a gate whose HAProxy has its maps in `folder`. */
export function createHaproxyDocuments({ edge, haproxy, folder, nowMs }: HaproxyDocumentsParts): HaproxyDocuments {
  const { gate } = edge
  const publishedAt = new Date(nowMs).toISOString()
  let [policies, grants] = [0, 0]

  async function isFilled(): Promise<void> {
    const epoch = policyEntries(gate.holder.state.policy.source, 'enforce').get('epoch') ?? ''
    await until('the maps are filled', async () => {
      const answer = await haproxy.runtime.ask(`get map ${folder}/edgeward-policy.map epoch`)
      return answer.includes(epoch) || undefined
    })
  }

  return {
    isFilled,
    async takePolicy(yaml) {
      policies += 1
      const version = policies
      const policy = parsePolicySource(yaml)
      const content = formatPolicy({ format: 'edgeward-policy/1', version, publishedAt, policy })
      await edge.handOver('policy.json', content, () => gate.holder.policyVersion === version)
      await isFilled()
    },
    async takeGrants(...all) {
      grants += 1
      const version = grants
      const whole = all.map((grant) => ({ ...grant, grantedAtMs: grant.usedAtMs, endsAtMs: nowMs + 12 * HOUR_MS }))
      const content = formatGrants(grantsDocument(version, nowMs, whole))
      await edge.handOver('grants.json', content, () => gate.status().versions.grants === version)
    },
  }
}

interface HaproxyDocumentsParts {
  readonly edge: Pick<Awaited<ReturnType<typeof runGate>>, 'gate' | 'handOver'>
  readonly haproxy: Pick<Awaited<ReturnType<typeof startHaproxy>>, 'runtime'>
  readonly folder: string
  readonly nowMs: number
}
