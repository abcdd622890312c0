import { harvest } from '../support/harvest.ts'
import type { Lab } from '../support/lab.ts'
import type { ProbeResult } from '../support/peer.ts'
import type { Seeded } from '../support/seeded.ts'
import { until } from '../support/until.ts'
import { type Cast, chooseCast, type RegistrationItem } from './cast.ts'
import { duration, figure, type Teller } from './print.ts'
import type { Publication, Stage } from './stage.ts'

const DISPATCH = '1923/BHXH-CNTT'
/** More than any limit allows; a harvest that gets so far was not stopped. */
const HARVEST_MAX = 900
/** The budget for it: at most so many look-ups before it is cut. */
const HARVEST_BUDGET = 350

export interface Scene {
  readonly stage: Stage
  readonly teller: Teller
  readonly seeded: Seeded
  readonly lookupsPerS: number
  readonly signal: AbortSignal
}

/** The main job, once through. */
export async function playStory(scene: Scene): Promise<void> {
  const { stage, teller, seeded } = scene
  const cast = await chooseCast(stage.control.as('reader'), seeded)
  await stage.lab.giveAddress('hospital', cast.hospital.address)
  await stage.lab.giveAddress('hospital', cast.hospital.newAddress)
  await stage.lab.giveAddress('stranger', cast.stranger.address)
  await stage.lab.giveAddress('harvester', cast.harvester.address)
  teller.say('')
  await letPass(scene, cast)
  await turnAway(scene, cast)
  await openAddress(scene, cast)
  await stopHarvest(scene, cast)
  await hearFromEdge(scene)
}

/** A host on the list passes. */
async function letPass({ stage, teller }: Scene, cast: Cast): Promise<void> {
  const { lab } = stage
  const { facility, name, address } = cast.hospital
  const client = await lab.client('hospital')
  teller.tell('hospital', `${name} (${facility}) asks for the portal from ${address}, approved long ago`)
  for (const port of lab.portalPorts) {
    const ask = () =>
      client.probe({
        kind: 'http',
        address: lab.portalAddress,
        port,
        path: '/',
        headers: lab.headersOf(address),
        ...fromOf(lab, address),
      })
    const result = await until(`port ${port} answers`, async () => found(await ask()), { deadlineMs: 10_000 }).catch(ask)
    teller.expect(result.outcome === 'passed', 'passes', `port ${port}: answered ${result.status} in ${duration(result.ms)}`)
  }
}

/** A host on no list is refused at once. */
async function turnAway({ stage, teller }: Scene, cast: Cast): Promise<void> {
  const { lab } = stage
  teller.tell('stranger', `${cast.stranger.address} is on no list and asks for the portal …`)
  if (!lab.hasPackets) return noPackets(teller, 'the stranger would get a TCP reset; here its request passes')
  const client = await lab.client('stranger')
  for (const port of lab.portalPorts) {
    const result = await client.probe({ kind: 'http', address: lab.portalAddress, port, path: '/' })
    teller.expect(result.outcome === 'reset', 'refused', `port ${port}: ${wordsOf(result)}`)
  }
}

/** An address opens: register, endorse, approve by another person, publish. */
async function openAddress({ stage, teller }: Scene, cast: Cast): Promise<void> {
  const { lab, control, edge } = stage
  const { facility, name, province, newAddress: address } = cast.hospital
  const [port = 80] = lab.portalPorts
  const client = await lab.client('hospital')
  const ask = () =>
    client.probe({
      kind: 'http',
      address: lab.portalAddress,
      port,
      path: '/',
      headers: lab.headersOf(address),
      ...fromOf(lab, address),
    })
  teller.say('')
  teller.tell('hospital', `gets a new line, ${address}`)
  if (lab.hasPackets) {
    const before = await ask()
    teller.expect(before.outcome === 'reset', 'refused', `before anybody approved it: ${wordsOf(before)}`)
  }
  const operator = control.as('operator')
  const { id } = await operator.post<RegistrationItem>('/v1/registrations', {
    facility,
    facilityName: name,
    province,
    block: address,
    dispatch: DISPATCH,
  })
  await operator.post(`/v1/registrations/${id}/endorse`, { dispatch: DISPATCH })
  teller.tell('registered', `registration ${id}, endorsed for province ${province} by the operator`)
  const isRefused = await operator.post(`/v1/registrations/${id}/approve`, { dispatch: DISPATCH }).then(
    () => false,
    () => true,
  )
  teller.expect(isRefused, 'two people', 'the operator may not approve it; it takes another person')
  const approver = control.as('approver')
  await approver.post(`/v1/registrations/${id}/approve`, { dispatch: DISPATCH })
  const asked = performance.now()
  const published = await approver.post<Publication>('/v1/revisions', { note: 'demo: one address more' })
  teller.tell('approved', `and published as revision ${published.revision}, ${figure(published.entries)} entries`)
  if (!lab.hasPackets) {
    await edge.untilStatus(`revision ${published.revision}`, ({ inForce }) => inForce?.revision === published.revision)
    teller.expect(true, 'in force', `at the edge ${duration(performance.now() - asked)} after "publish"`)
    return noPackets(teller, 'the hospital could not be refused before, so that it passes now shows nothing')
  }
  const first = await until('the hospital gets through', async () => found(await ask()), { everyMs: 20 })
  teller.expect(true, 'passes', `${duration(performance.now() - asked)} after "publish"; the answer took ${duration(first.ms)}`)
}

/** A leaked account harvests, and is stopped. */
async function stopHarvest({ stage, teller, seeded, lookupsPerS, signal }: Scene, cast: Cast): Promise<void> {
  const { lab, edge } = stage
  const { address, facility, account } = cast.harvester
  const [port = 80] = lab.portalPorts
  const harvester = await lab.client('harvester')
  teller.say('')
  teller.tell('harvester', `${address} is approved for ${facility}, and looks people up as ${account}, ${lookupsPerS} a second …`)
  const flagged = { is: false }
  const noticed = edge
    .untilStatus(`${account} flagged`, ({ flags }) => flags.some((flag) => flag.account === account))
    .then(() => {
      flagged.is = true
    })
  const result = await harvest(harvester, {
    address: lab.portalAddress,
    port,
    account,
    ratePerS: lookupsPerS,
    maxLookups: HARVEST_MAX,
    seeded,
    signal,
    headers: lab.headersOf(address),
    isCut: () => !lab.hasPackets && flagged.is,
  })
  await noticed
  const isCut = lab.hasPackets ? result.end?.outcome === 'reset' : flagged.is
  teller.expect(
    isCut && result.lookups <= HARVEST_BUDGET,
    lab.hasPackets ? 'cut' : 'flagged',
    `after ${result.lookups} look-ups and ${result.seconds.toFixed(1)} s${result.end === undefined ? '' : `: ${wordsOf(result.end)}`}`,
  )
  const status = await edge.status()
  const flag = status.flags.find((one) => one.account === account)
  teller.tell(
    'why',
    `rule "${flag?.rule}": ${flag?.requests} look-ups by ${account}; ${lab.hasPackets ? 'the edge did' : 'the edge would do'}: ${flag?.taken}`,
  )
  if (!lab.hasPackets) return noPackets(teller, 'the harvester would be refused from here on')
  const hospital = await lab.client('hospital')
  const from = cast.hospital.newAddress
  const honest = await hospital.probe({ kind: 'http', address: lab.portalAddress, port, path: '/', from })
  teller.expect(honest.outcome === 'passed', 'passes', `the honest hospital still does, in ${duration(honest.ms)}`)
}

/** Central sees what the edge enforces. */
async function hearFromEdge({ stage, teller }: Scene): Promise<void> {
  const seen = await until('the report of the edge', async () => {
    const { agents } = await stage.control.as('reader').get<{ agents: readonly AgentItem[] }>('/v1/agents')
    return agents.find((agent) => agent.isCurrent === true && agent.flags > 0)
  })
  teller.say('')
  teller.expect(
    seen.agrees === true,
    'central',
    `hears from ${seen.name}: revision ${seen.revision} in force, its digest is the signed one, ${seen.flags} account flagged`,
  )
}

interface AgentItem {
  readonly name: string
  readonly revision: number | null
  readonly agrees: boolean | null
  readonly isCurrent: boolean | null
  readonly flags: number
}

/** The source address of a client that has several, where packets have one. */
function fromOf(lab: Lab, address: string): { from?: string } {
  return lab.hasPackets ? { from: address } : {}
}

function found(result: ProbeResult): ProbeResult | undefined {
  return result.outcome === 'passed' ? result : undefined
}

function noPackets(teller: Teller, text: string): void {
  teller.tell('not shown', `needs namespaces: ${text}`)
}

function wordsOf(result: ProbeResult): string {
  const kind = { passed: 'passed', reset: 'TCP reset', refused: 'refused (ICMP)', timeout: 'silence' }[result.outcome]
  return `${kind} after ${duration(result.ms)}`
}
