import { parsePolicy } from '../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY, type GatePolicy } from '../../rules/gate/policy-options.ts'
import type { RepositoryFiles } from '../publication/repository-files.ts'
import { readPolicy } from './publish-policy.ts'

/** The account policy that edges go by: the signed one, or the shipped default while none was published. */
export interface PolicyInForce {
  readonly policy: GatePolicy
  /** `null` before the first. */
  readonly version: number | null
  readonly publishedAt: string | null
}

/** @throws PublicationError, GateError */
export async function policyInForce(repository: RepositoryFiles): Promise<PolicyInForce> {
  const bytes = await readPolicy(repository)
  if (bytes === undefined) return { policy: DEFAULT_GATE_POLICY, version: null, publishedAt: null }
  const { policy, version, publishedAt } = parsePolicy(bytes)
  return { policy, version, publishedAt }
}
