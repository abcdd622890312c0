/** What people get wrong on an edge, and what must come of it: healed or told within a minute, and nobody who is approved is locked out meanwhile. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ControlLinkError } from '../../agent/control/control-link-error.ts'
import { TrustError } from '../../agent/trust/trust-error.ts'
import { MEDDLER } from '../fakes/fake-kernel.ts'
import { createFakeLockout } from '../fakes/fake-lockout.ts'
import { settle } from '../fakes/fake-time.ts'
import { aFlag, createFakeWatch } from '../fakes/fake-watch.ts'
import { type AgentLab, type AgentLabOptions, LAB_START_MS } from '../support/agent-lab.ts'
import { anEntry } from '../support/allow-lists.ts'
import { anOpening } from '../support/an-opening.ts'
import {
  ADMIN,
  aLab,
  aList,
  aMinute,
  codesOf,
  ENTRIES,
  expectRight,
  HOSPITAL,
  MINUTE_MS,
  PROBER,
  STRANGER,
  YEAR_MS,
} from '../support/mistaken-edge.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

interface Mishap {
  readonly what: string
  readonly options?: AgentLabOptions
  readonly happen: (lab: AgentLab) => Promise<AgentLab | undefined> | undefined
  /** Codes of the faults that hold after a minute. */
  readonly codes: readonly string[]
  readonly why: string
}

const list413 = (lab: AgentLab, ...more: string[]): void =>
  lab.source.publish(413, aList(413, { entries: [...ENTRIES, ...more.map((host) => anEntry(host))] }))
const give = async (lab: AgentLab, fields: Parameters<typeof anOpening>[0] = {}): Promise<undefined> => {
  lab.lockout.orders.give(anOpening({ at: new Date(lab.time.nowMs()).toISOString(), ...fields }))
  await settle()
  return undefined
}

/** A mishap that leaves the same agent running. */
const act =
  (work: (lab: AgentLab) => void) =>
  (lab: AgentLab): undefined => {
    work(lab)
  }

const MISHAPS: readonly Mishap[] = [
  {
    what: 'a list without the prober',
    options: { config: { lockout: { mustPass: [PROBER] } } },
    happen(lab) {
      lab.source.publish(413, aList(413, { entries: ENTRIES.filter(({ block }) => block !== PROBER) }))
      return undefined
    },
    codes: ['PROBER_CUT'],
    why: 'the load balancer would take the edge out',
  },
  {
    what: 'a list that cuts the administrator who is logged in',
    options: { config: { firewall: { tcpPorts: [22, 443] } } },
    happen(lab) {
      lab.lockout.sight.connect('20.0.0.5', 22)
      lab.source.publish(413, aList(413, { entries: ENTRIES.filter(({ block }) => block !== '20.0.0.5') }))
      return undefined
    },
    codes: ['SESSION_CUT'],
    why: 'nobody could put it right again',
  },
  {
    what: 'a list that cuts a connection to the port of SSH where nobody logged in',
    options: { config: { firewall: { tcpPorts: [22, 443] } } },
    happen(lab) {
      lab.lockout.sight.connect('20.0.0.5', 22, false)
      lab.source.publish(413, aList(413, { entries: ENTRIES.filter(({ block }) => block !== '20.0.0.5') }))
      return undefined
    },
    codes: [],
    why: 'else whoever is to be revoked could hold the revocation back',
  },
  {
    what: 'SSH guarded in the config while an administrator is logged in from elsewhere',
    async happen(lab) {
      lab.lockout.sight.connect('20.6.0.1', 22)
      return await lab.restart({ config: { firewall: { tcpPorts: [22, 443] } } })
    },
    codes: ['SESSION_CUT'],
    why: 'the restart would be the last thing that was done',
  },
  {
    what: 'management taken out of the config while an administrator is logged in from there',
    options: { config: { firewall: { tcpPorts: [22, 443] } } },
    async happen(lab) {
      lab.lockout.sight.connect(ADMIN, 22)
      return await lab.restart({ config: { firewall: { tcpPorts: [22, 443] }, management: { prefixes: 'none' } } })
    },
    codes: ['SESSION_CUT'],
    why: 'the rules before stay until the session ends or the config is right',
  },
  {
    what: 'a control API by name behind a guarded port of outgoing connections',
    async happen(lab) {
      lab.lockout.sight.resolve('20.6.0.2')
      return await lab.restart({ config: { firewall: { tcpPorts: [443, 40_000] } } })
    },
    codes: ['CONTROL_CUT'],
    why: 'answers of the control API would be refused',
  },
  {
    what: 'a list after which the portal fails',
    options: { lockout: createFakeLockout({ hasProbe: true }), config: { probe: { withinS: 5 } } },
    happen(lab) {
      lab.lockout.probe?.answer(() =>
        lab.firewall.program?.revision === 413 ? { isWell: false, reason: '502' } : { isWell: true },
      )
      list413(lab, '20.8.0.1')
      return undefined
    },
    codes: ['REVISION_HELD_BACK'],
    why: 'the edge went back by itself',
  },
  {
    what: 'somebody else flushed the rules',
    happen: act((lab) =>
      lab.kernel.meddle([{ verb: 'delete', object: 'table', name: '' }], MEDDLER, () => lab.firewall.tamper()),
    ),
    codes: [],
    why: 'they are put back',
  },
  {
    what: 'the agent was killed and the rules flushed',
    async happen(lab) {
      await lab.stop()
      lab.firewall.tamper()
      return await lab.restart()
    },
    codes: [],
    why: 'the next start puts the last good list back',
  },
  {
    what: 'the same with the control API away',
    async happen(lab) {
      await lab.stop()
      lab.firewall.tamper()
      lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
      return await lab.restart()
    },
    codes: ['CONTROL_UNREACHABLE'],
    why: 'the list is on the disk',
  },
  {
    what: 'the memory was deleted',
    async happen(lab) {
      lab.memory.spoil('lastGood')
      lab.memory.spoil('trusted')
      return await lab.restart()
    },
    codes: [],
    why: 'the kernel knows what it holds, and the list is fetched again',
  },
  {
    what: 'the disk is full',
    happen(lab) {
      lab.memory.failNext()
      list413(lab, '20.8.0.1')
      return undefined
    },
    codes: [],
    why: 'the list is in force all the same, and written when there is room',
  },
  {
    what: 'the firewall failed once',
    happen(lab) {
      lab.firewall.failNext('apply', 'before')
      list413(lab, '20.8.0.1')
      return undefined
    },
    codes: [],
    why: 'the next pass tries again',
  },
  {
    what: 'the clock was set five years ahead',
    happen: act((lab) => lab.time.setClock(LAB_START_MS + 5 * YEAR_MS)),
    codes: [],
    why: 'a list does not end by itself',
  },
  {
    what: 'the clock was set to 1970',
    happen: act((lab) => lab.time.setClock(0)),
    codes: [],
    why: 'a dead battery does not open the door',
  },
  {
    what: 'signatures that have expired by that clock',
    happen: act((lab) => lab.source.failWith(new TrustError('METADATA_EXPIRED', 'frozen'))),
    codes: ['METADATA_EXPIRED'],
    why: 'what is in force stays',
  },
  {
    what: 'the identity of the edge was revoked by mistake',
    happen: act((lab) => lab.source.failWith(new ControlLinkError('CONTROL_REFUSED', 'revoked', { status: 401 }))),
    codes: ['CONTROL_REFUSED'],
    why: 'the hospitals are not to blame',
  },
  {
    what: 'an interface that is not there',
    async happen(lab) {
      return await lab.restart({
        config: { pull: { schedule: '*/30 * * * * *', jitterMs: 0 }, firewall: { interfaces: ['eth0', 'eht1'] } },
      })
    },
    codes: ['INTERFACE_MISSING'],
    why: 'a slip of the pen would leave the door open without a word',
  },
  {
    what: 'the whole internet by break-glass',
    happen: (lab) => give(lab, { block: '0.0.0.0/0' }),
    codes: ['OPENING_TOO_WIDE'],
    why: 'an order is no list',
  },
  {
    what: 'a whole network by break-glass',
    happen: (lab) => give(lab, { block: '20.9.9.0/24' }),
    codes: ['OPENING_TOO_WIDE'],
    why: 'one hospital has one address',
  },
  {
    what: 'ten years by break-glass',
    happen: (lab) => give(lab, { block: STRANGER, until: '2034-07-27T00:00:00.000Z' }),
    codes: ['OPENING_TOO_LONG'],
    why: 'that is what the list is for',
  },
  {
    what: 'break-glass without a reason',
    happen: (lab) => give(lab, { block: STRANGER, why: '  ' }),
    codes: ['OPENING_NO_REASON'],
    why: 'central has to understand it',
  },
  {
    what: 'break-glass for a name',
    happen: (lab) => give(lab, { block: 'hospital.example' }),
    codes: ['HOST_NAME'],
    why: 'names are never resolved into rules',
  },
  {
    what: 'break-glass dated into the future',
    happen: (lab) => give(lab, { block: STRANGER, at: '2030-01-01T00:00:00.000Z' }),
    codes: ['OPENING_CLOCK'],
    why: 'nobody could say when it ends',
  },
  {
    what: 'break-glass where the config forbids it',
    options: { config: { breakGlass: { maxHours: 0 } } },
    happen: (lab) => give(lab, { block: STRANGER }),
    codes: ['OPENING_FORBIDDEN'],
    why: 'the config is the law of the house',
  },
  {
    what: 'a strange file among the orders',
    happen: act((lab) => lab.lockout.orders.spoil({ code: 'ORDER_UNSAFE', message: 'a link' })),
    codes: ['ORDER_UNSAFE'],
    why: 'somebody tries a back door',
  },
  {
    what: 'a release of a revision that nobody holds back',
    async happen(lab) {
      const at = new Date(lab.time.nowMs()).toISOString()
      lab.lockout.orders.give({ kind: 'release', id: 'f'.repeat(16), revision: 999, at, why: 'a typing error', by: 'root' })
      await settle()
      expect(lab.lockout.orders.left).toEqual([])
      return undefined
    },
    codes: [],
    why: 'nothing is released, nothing breaks',
  },
]

describe('a mishap on the edge is healed or told within a minute', () => {
  it.each(MISHAPS.map((row) => [row.what, row.why, row] as const))('%s (%s)', async (_what, _why, { options, happen, codes }) => {
    const lab = await aLab(options)
    const after = (await happen(lab)) ?? lab
    await aMinute(after)
    expectRight(after)
    expect(codesOf(after)).toEqual(codes)
  })

  it('a mode that is held back by the config is shown as such (strangers pass, and the status says why)', async () => {
    const lab = await aLab({ config: { mode: 'observe' } })
    expect(lab.agent.status()).toMatchObject({ localHold: true, inForce: { mode: 'observe' } })
  })

  it('a revision that goes back to observe is taken, because it is signed, and shown', async () => {
    const lab = await aLab()
    lab.source.publish(413, aList(413, { mode: 'observe' }))
    await lab.time.advance(MINUTE_MS)
    expect([lab.agent.status().inForce?.mode, lab.firewall.wouldPass(HOSPITAL, 443)]).toEqual(['observe', true])
  })

  it('a control API by its address is compiled above every list', async () => {
    const lab = await aLab({ config: { control: { url: 'https://20.6.0.2' } } })
    expect(lab.firewall.wouldPass('20.6.0.2', 443)).toBe(true)
  })
})

describe('flags that would lock out the wrong ones', () => {
  /** An edge that blocks sources of flagged accounts, with `watch` beside it. */
  async function withWatch(verdicts: object = {}) {
    const socket = join(await temporaryFolder(), 'watch.sock')
    const watch = await createFakeWatch(socket)
    onTestFinished(() => watch[Symbol.asyncDispose]())
    const lab = await aLab({ config: { watch: { socket }, verdicts: { action: 'block-source', ...verdicts } } })
    await until('the agent listens', () => (watch.listeners > 0 ? true : undefined))
    const at = new Date(lab.time.nowMs()).toISOString()
    const heard = (count: number) =>
      until('the flags are heard', () => (lab.agent.status().flags.length >= count ? true : undefined))
    return { lab, watch, at, heard }
  }

  it('an administrator’s own address is spared', async () => {
    const { lab, watch, at, heard } = await withWatch()
    watch.flag(aFlag({ at, sources: [ADMIN] }))
    await heard(1)
    expectRight(lab)
  })

  it('the address of the flagged hospital itself is spared', async () => {
    const { lab, watch, at, heard } = await withWatch()
    watch.flag(aFlag({ at, facility: '01234', sources: [HOSPITAL] }))
    await heard(1)
    expectRight(lab)
  })

  it('at most so many sources are blocked, however many accounts are flagged', async () => {
    const { lab, watch, at, heard } = await withWatch({ maxBlocks: 3 })
    for (let i = 0; i < 20; i += 1) watch.flag(aFlag({ at, account: `${10_000 + i}_BV`, sources: [`20.7.0.${i + 1}`] }))
    await heard(20)
    expect(lab.agent.status().blocked).toHaveLength(3)
    expectRight(lab)
  })

  it('watch going away opens and closes nothing', async () => {
    const { lab, watch } = await withWatch()
    watch.cut()
    await lab.time.advance(MINUTE_MS)
    expectRight(lab)
  })
})
