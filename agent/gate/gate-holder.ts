import type { FacilitiesDocument } from '../../rules/facilities/facilities-document.ts'
import { type CompiledPolicy, compilePolicy, modeOf } from '../../rules/gate/compile-policy.ts'
import type { GateKeys } from '../../rules/gate/gate-keys.ts'
import { GATE_RULES, type GateMode, type GateRule } from '../../rules/gate/gate-rule.ts'
import type { GateFacilities, GateState } from '../../rules/gate/gate-state.ts'
import { createGateTokens } from '../../rules/gate/gate-token.ts'
import type { GatePolicy } from '../../rules/gate/policy-options.ts'
import { createRateLimits } from '../../rules/gate/rate-limits.ts'
import { createTimeMark, type TimeMark } from '../../rules/gate/time-mark.ts'
import { EdgeGrants, type RememberedUse } from '../../rules/grants/edge-grants.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { createAccountTokens } from '../../rules/tallies/account-token.ts'
import type { UsersDocument } from '../../rules/users/users-document.ts'
import type { HaproxySource } from '../haproxy/haproxy-keeper.ts'
import { type AccountKeys, createAccountKeys } from './account-keys.ts'
import { type FacilityPlaces, openPlaces } from './facility-places.ts'
import type { GateMark } from './gate-memory.ts'
import type { HandOverTaker } from './handed-over.ts'
import { createStandings, type Standings } from './standings.ts'

/** Buckets kept of each function, and of all accounts that are throttled. */
const RATES_HELD = 200_000
const THROTTLES_HELD = 50_000

export interface GateHolderOptions {
  /** What holds until the agent hands over a policy. */
  readonly fallback: GatePolicy
  readonly strongest: GateMode
  /** Hides citizen IDs, as `watch` does in its flags. */
  readonly maskingKey: Uint8Array
  /** Under which verdicts over all edges name accounts. */
  readonly tallyKey: Uint8Array | undefined
  readonly mark: GateMark | undefined
  readonly nowMs: number
}

const HOUR_MS = 3_600_000

/** All that the gate holds in memory, and what it is asked for each request. */
export interface GateHolder {
  readonly state: GateState
  readonly standings: Standings
  readonly mark: TimeMark
  /** Where handed-over documents go. */
  readonly taker: Omit<HandOverTaker, 'fault'>
  /** Look-ups under grants that central may not know of: what must not be forgotten over a restart. */
  unknownUses(): readonly RememberedUse[]
  /** Grows with each look-up under a grant that is news. */
  readonly usesChange: number
  /** The grants known here; `undefined` before the first document. */
  readonly grants: EdgeGrants | undefined
  readonly users: UsersDocument | undefined
  /** `null` while no signed policy was taken. */
  readonly policyVersion: number | null
  readonly hasKeys: boolean
  keysOf(account: string): AccountKeys
  /** What HAProxy must know, by the clock of now. */
  forHaproxy(nowMs: number): HaproxySource
  modes(nowMs: number): Readonly<Record<GateRule, GateMode>>
}

export function createGateHolder(options: GateHolderOptions): GateHolder {
  const { fallback, strongest, maskingKey, tallyKey, nowMs } = options
  const mark = createTimeMark(options.mark)
  const standings = createStandings()
  const mask = createMasker(maskingKey)
  const tallyToken = tallyKey === undefined ? undefined : createAccountTokens(tallyKey)
  const grants = new EdgeGrants(nowMs)
  grants.remember(options.mark?.uses ?? [])
  let gateKeys: GateKeys = []
  let places: FacilityPlaces | undefined
  /** For HAProxy alone, once it is asked for. */
  let facilities: FacilitiesDocument | undefined
  let tokenMakers: readonly ((account: string) => string)[] = []
  let keysOf = newKeys()
  let policyVersion: number | null = null
  let hasGrants = false

  function newKeys(): (account: string) => AccountKeys {
    return createAccountKeys((account) => ({
      masked: mask(account),
      tokens: tokenMakers.map((make) => make(account)),
      tallyToken: tallyToken?.(account),
    }))
  }

  const state: { -readonly [Field in keyof GateState]: GateState[Field] } = {
    policy: compilePolicy(fallback, strongest),
    dateMs: (atMs) => mark.at(atMs),
    standingOf(account, atMs) {
      // Nobody is under suspicion nearly always: no account need be named then.
      if (standings.flags + standings.verdicts === 0) return undefined
      const { masked, tallyToken: token } = keysOf(account)
      return standings.find(masked, token, atMs)
    },
    tokensOf: (account) => keysOf(account).tokens,
    users: undefined as UsersDocument | undefined,
    grants: undefined,
    facilities: undefined as GateFacilities | undefined,
    rates: createRateLimits(RATES_HELD),
    throttles: createRateLimits(THROTTLES_HELD),
  }
  let users: UsersDocument | undefined

  return {
    state,
    standings,
    mark,
    taker: {
      policy(document, exemptions) {
        state.policy = compilePolicy(document.policy, strongest, exemptions)
        policyVersion = document.version
        mark.prove(Date.parse(document.publishedAt))
      },
      users(document) {
        users = document
        state.users = document
        mark.prove(Date.parse(document.publishedAt))
      },
      grants(piece, publishedAt) {
        grants.takePiece(piece, Date.parse(publishedAt))
        // By half a list nobody may be refused.
        if (!piece.isLast) return
        hasGrants = true
        state.grants = grants
        mark.prove(Date.parse(publishedAt))
      },
      verdicts(changed, publishedAt) {
        standings.takeVerdicts(changed)
        mark.prove(Date.parse(publishedAt))
      },
      facilities(packed) {
        facilities = undefined
        places = openPlaces(packed)
        state.facilities = places
      },
      keys(keys: GateKeys) {
        gateKeys = keys
        tokenMakers = keys.map((key) => createGateTokens(key))
        keysOf = newKeys()
      },
    },
    unknownUses: () => grants.unknownUses(),
    get usesChange() {
      return grants.newestChange
    },
    get grants() {
      return hasGrants ? grants : undefined
    },
    get users() {
      return users
    },
    get policyVersion() {
      return policyVersion
    },
    get hasKeys() {
      return tokenMakers.length > 0
    },
    keysOf: (account) => keysOf(account),
    forHaproxy(atMs) {
      facilities ??= places?.document()
      return {
        policy: state.policy,
        strongest,
        // By the hour while the clock is right: it is said anew where it changes, and must be there already when the clock is set back.
        markMs: mark.markMs > atMs ? Math.floor(mark.markMs) : Math.floor(mark.markMs / HOUR_MS) * HOUR_MS,
        standings: standings.all(),
        users,
        grants: hasGrants ? grants : undefined,
        facilities,
        maskingKey,
        tallyKey,
        gateKeys,
      }
    },
    modes: (atMs) => modesOf(state.policy, mark.at(atMs)),
  }
}

function modesOf(policy: CompiledPolicy, dateMs: number): Readonly<Record<GateRule, GateMode>> {
  return Object.fromEntries(GATE_RULES.map((rule) => [rule, modeOf(policy, rule, dateMs)])) as Record<GateRule, GateMode>
}
