import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAgent } from '../../agent/agent.ts'
import { openCentral, stateFolders } from '../../agent/commands/open-control.ts'
import { createBootProgramFiles } from '../../agent/memory/boot-program.ts'
import { createFileMemory } from '../../agent/memory/file-memory.ts'
import { createHostFacts } from '../../agent/report/host-facts.ts'
import type { AgentStatus } from '../../agent/status/agent-status.ts'
import { createFakeFirewall } from '../fakes/fake-firewall.ts'
import { createFakeHandOver, createFakeSideStore } from '../fakes/fake-hand-over.ts'
import { createFakeKernel } from '../fakes/fake-kernel.ts'
import { createFakeLockout } from '../fakes/fake-lockout.ts'
import { createFakeLog } from '../fakes/fake-log.ts'
import { createFakeServiceManager } from '../fakes/fake-service-manager.ts'
import { createFakeTime } from '../fakes/fake-time.ts'
import { aFlag, createFakeWatch } from '../fakes/fake-watch.ts'
import { labConfig } from '../support/agent-lab.ts'
import { type ControlAppSetup, createControlAppSetup } from '../support/control-app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const HOSPITAL = '14.160.12.34'
const CLINIC = '14.160.12.40'
const STRANGER = '14.160.99.99'
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** The clocks of both sides are moved by minutes while requests are on their way. */
const CONTROL_CONFIG = '{ publication: { maxShrinkShare: 0.5 }, agents: { clockSkewS: 600 } }'

/** Asks the control API as a person; throws for what is not a success. */
async function ask(
  control: ControlAppSetup,
  who: keyof ControlAppSetup['as'],
  method: 'GET' | 'POST',
  url: string,
  payload?: object,
) {
  const response = await control.app.inject({
    method,
    url,
    headers: control.as[who],
    ...(payload === undefined ? {} : { payload }),
  })
  if (response.statusCode >= 300) throw new Error(`${method} ${url}: ${response.statusCode} ${response.body}`)
  return response.statusCode === 204 ? {} : response.json<Record<string, unknown>>()
}

/** Registers, endorses and approves an address, each by the person whose step it is. */
async function open(control: ControlAppSetup, facility: string, block: string): Promise<number> {
  const order = { facility, facilityName: `Trạm y tế xã mẫu ${facility}`, province: '01', block, dispatch: '11/BHXH-CNTT' }
  const { id } = (await ask(control, 'operator', 'POST', '/v1/registrations', order)) as { id: number }
  await ask(control, 'approver', 'POST', `/v1/registrations/${id}/endorse`, { dispatch: '12/BHXH-CNTT' })
  await ask(control, 'otherApprover', 'POST', `/v1/registrations/${id}/approve`, { dispatch: '13/CNTT' })
  return id
}

/** Control API with a list of `count` stations, listening on loopback; an edge beside it that is not enrolled yet. */
async function scene() {
  const control = await createControlAppSetup({ config: CONTROL_CONFIG, startMs: Math.floor(Date.now() / HOUR_MS) * HOUR_MS })
  const url = await control.app.listen({ host: '127.0.0.1', port: 0 })
  const folder = await temporaryFolder()
  const tokenFile = join(folder, 'token')
  const { token } = (await ask(control, 'operator', 'POST', '/v1/agents/tokens')) as { token: string }
  await writeFile(tokenFile, token, { mode: 0o600 })
  const watch = await createFakeWatch(join(folder, 'watch.sock'))
  onTestFinished(() => watch[Symbol.asyncDispose]())
  const config = labConfig({
    stateDir: join(folder, 'state'),
    control: { url, enrolTokenFile: tokenFile, timeoutMs: 5000 },
    watch: { socket: join(folder, 'watch.sock') },
    verdicts: { action: 'block-source', blockForS: 600 },
    limits: { maxShrinkShare: 0.5 },
  })
  const firewall = createFakeFirewall()
  const time = createFakeTime(control.clock.nowMs())
  const log = createFakeLog()

  function startAgent() {
    const stopping = new AbortController()
    const agent = createAgent({
      sideStore: createFakeSideStore(),
      handOver: createFakeHandOver(false),
      config,
      agentVersion: '0.1.0',
      firewall,
      kernel: createFakeKernel(firewall),
      backendReason: '',
      memory: createFileMemory(stateFolders(config).memory),
      bootFiles: createBootProgramFiles(stateFolders(config).boot),
      serviceManager: createFakeServiceManager(),
      openCentral: (signal) => openCentral(config, time, log, signal),
      hostFacts: createHostFacts(),
      lockout: createFakeLockout(),
      clock: time,
      timers: time,
      random: () => 0.5,
      log,
    })
    const running = agent.run(stopping.signal)
    const stop = async (): Promise<void> => {
      stopping.abort()
      await running
    }
    onTestFinished(stop)
    return { agent, stop }
  }

  return {
    control,
    folder,
    watch,
    firewall,
    time,
    log,
    startAgent,
    publish: (order: object = { mode: 'enforce' }) => ask(control, 'approver', 'POST', '/v1/revisions', order),
    /** Moves both clocks. */
    advance: async (ms: number) => {
      control.clock.moveBy(ms)
      await time.advance(ms)
    },
    lastReport: async () => {
      const { agents } = (await ask(control, 'reader', 'GET', '/v1/agents')) as { agents: readonly Record<string, unknown>[] }
      return agents[0]
    },
  }
}

/** A scene whose agent enforces the first list. */
async function enforcing() {
  const all = await scene()
  const hospital = await open(all.control, '01234', HOSPITAL)
  const clinic = await open(all.control, '01235', CLINIC)
  await all.publish()
  const { agent, stop } = all.startAgent()
  await inForce(agent, 1)
  return { ...all, agent, stop, hospital, clinic }
}

function status(agent: { status(): AgentStatus }, what: string, isRight: (status: AgentStatus) => boolean): Promise<AgentStatus> {
  return until(what, () => [agent.status()].find(isRight), { everyMs: 5, deadlineMs: 15_000 })
}

function inForce(agent: { status(): AgentStatus }, revision: number): Promise<AgentStatus> {
  return status(agent, `revision ${revision} in force`, (now) => now.inForce?.revision === revision)
}

describe('the main job', () => {
  it('register → endorse → approve → publish → pull → verify → enforce → report → revoke', async () => {
    const { control, firewall, agent, publish, hospital, lastReport, ...all } = await enforcing()

    expect(agent.status()).toMatchObject({ inForce: { revision: 1, mode: 'enforce' }, list: { entries: 2 }, faults: [] })
    expect([HOSPITAL, CLINIC, STRANGER].map((address) => firewall.knock(address, 443))).toEqual([true, true, false])

    await ask(control, 'operator', 'POST', `/v1/registrations/${hospital}/revoke`, {
      dispatch: '14/CNTT',
      reason: 'hết hợp đồng',
    })
    await publish()
    await inForce(agent, 2)
    expect([HOSPITAL, CLINIC, STRANGER].map((address) => firewall.wouldPass(address, 443))).toEqual([false, true, false])

    await all.advance(MINUTE_MS * 4)
    const report = await until('the report of revision 2', async () => {
      const agents = await lastReport()
      return JSON.stringify(agents).includes('"revision":2') ? agents : undefined
    })
    expect(report).toMatchObject({ name: 'edge-1' })
    expect(JSON.stringify(agent.status().refused.sources)).toContain(STRANGER)
  })

  it('observes until the date that the list names, and enforces from that instant on', async () => {
    const all = await scene()
    await open(all.control, '01234', HOSPITAL)
    const fromMs = all.control.clock.nowMs() + 10 * MINUTE_MS
    await all.publish({ mode: 'observe', enforceFrom: new Date(fromMs).toISOString() })
    const { agent } = all.startAgent()
    await inForce(agent, 1)
    expect(all.firewall.wouldPass(STRANGER, 443)).toBe(true)
    await all.advance(10 * MINUTE_MS - 1)
    expect(all.firewall.wouldPass(STRANGER, 443)).toBe(true)
    await all.advance(1)
    await status(agent, 'enforcing', (now) => now.inForce?.mode === 'enforce')
    expect(all.firewall.wouldPass(STRANGER, 443)).toBe(false)
  })

  it('refuses a tampered list, reports it, and takes the true one after', async () => {
    const { control, firewall, agent, publish } = await enforcing()
    await open(control, '01236', '14.160.12.50')
    const find = control.files.find.bind(control.files)
    // One bit of the new list differs on its way to the edge.
    Object.assign(control.files, {
      async find(path: string) {
        const bytes = await find(path)
        if (bytes === undefined || !path.endsWith('.2.full')) return bytes
        const changed = Buffer.from(bytes)
        changed[changed.length - 2] = (changed.at(-2) ?? 0) ^ 1
        return changed
      },
    })
    await publish()
    await status(agent, 'the refusal', ({ faults }) => faults.some(({ code }) => code === 'TARGET_MISMATCH'))
    expect(firewall.program?.revision).toBe(1)
    Object.assign(control.files, { find })
    await ask(control, 'approver', 'POST', '/v1/revisions', { force: true })
    await inForce(agent, 3)
    expect((await status(agent, 'no fault', ({ faults }) => faults.length === 0)).faults).toEqual([])
  })

  it('refuses older metadata; with the store of metadata gone, by the number that it trusted', async () => {
    const { control, firewall, agent, stop, publish, advance, startAgent, folder } = await enforcing()
    const old = await control.files.find('metadata/timestamp.json')
    await open(control, '01236', '14.160.12.50')
    await publish()
    await inForce(agent, 2)
    await control.files.write('metadata/timestamp.json', old ?? Buffer.from(''))
    await advance(6 * MINUTE_MS)
    await status(agent, 'the refusal by TUF', ({ faults }) => faults.some(({ code }) => code === 'METADATA_OLDER'))
    await stop()
    await rm(join(folder, 'state/trust/metadata'), { recursive: true })
    const again = startAgent()
    await status(again.agent, 'our own refusal', ({ faults }) => faults.some(({ code }) => code === 'REVISION_OLDER'))
    expect(firewall.program?.revision).toBe(2)
  })

  it('loses the control API: nothing changes, and what was missed is fetched when it is back', async () => {
    const { control, firewall, agent, stop, startAgent, advance } = await enforcing()
    const before = firewall.program
    await control.app.close()
    await advance(6 * MINUTE_MS)
    await status(agent, 'the fault', ({ faults }) => faults.some(({ code }) => code === 'CONTROL_UNREACHABLE'))
    expect(firewall.program).toEqual(before)
    await stop()
    const again = startAgent()
    await status(again.agent, 'the fault', ({ faults }) => faults.some(({ code }) => code === 'CONTROL_UNREACHABLE'))
    expect(firewall.program).toEqual(before)
    expect(again.agent.status().list).toMatchObject({ revision: 1, entries: 2 })
  })

  it('blocks the strange source of a flagged account, spares its own facility, and releases', async () => {
    const { firewall, watch, agent, control } = await enforcing()
    const at = new Date(control.clock.nowMs()).toISOString()
    await until('the agent listening to watch', () => (watch.listeners > 0 ? true : undefined))
    const flag = aFlag({ at, account: '01234_BV', facility: '01234', sources: [HOSPITAL, CLINIC, STRANGER, '198.18.5.7'] })
    watch.flag(flag)
    await status(agent, 'two blocks', ({ blocked }) => blocked.length === 2)
    expect(agent.status().blocked.map(({ address }) => address)).toEqual([CLINIC, STRANGER])
    expect([HOSPITAL, CLINIC, '198.18.5.7'].map((address) => firewall.wouldPass(address, 443))).toEqual([true, false, true])
    expect(agent.status().flags).toMatchObject([{ account: '01234_BV', action: 'suspend', taken: 'blocked-source' }])
    watch.flag({ ...flag, action: 'release' })
    await status(agent, 'no blocks', ({ blocked }) => blocked.length === 0)
    expect(firewall.wouldPass(CLINIC, 443)).toBe(true)
  })
})
