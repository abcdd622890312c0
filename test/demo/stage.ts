import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ControlHost, createControlHost } from '../support/control-host.ts'
import { createEdgeHost, type EdgeHost } from '../support/edge-host.ts'
import { CLIENT_HEADER, type Lab } from '../support/lab.ts'
import type { Service } from '../support/service.ts'
import { isInstalled } from '../support/surroundings.ts'
import type { DemoOptions } from './demo-options.ts'
import { duration, figure, type Teller } from './print.ts'

/** All that runs when the curtain goes up, and what is published. */
export interface Stage {
  readonly lab: Lab
  readonly control: ControlHost
  readonly edge: EdgeHost
  readonly published: Publication
}

/** The answer of `POST /v1/revisions`. */
export interface Publication {
  readonly revision: number
  readonly entries: number
  readonly digest: string
}

export interface StageParts {
  readonly lab: Lab
  readonly folder: string
  readonly teller: Teller
  readonly options: DemoOptions
  /** Takes care of a program: ends it with the demo, and the demo with it. */
  readonly watchOver: (service: Service) => Service
}

/** Starts everything the story needs: control API with its registrations, first revision, edge. */
export async function setStage({ lab, folder, teller, options, watchOver }: StageParts): Promise<Stage> {
  const control = await createControl(lab, folder)
  await control.init()
  teller.tell('control', 'keys, database and first tokens made (control init)')
  const begun = performance.now()
  await control.sample(options.facilities, options.addresses, (line) => {
    if (/^\d+ of \d+ /.test(line)) teller.tell('sample', line)
  })
  teller.tell(
    'sample',
    `${figure(options.facilities)} facilities with ${figure(options.addresses)} addresses made up in ${duration(performance.now() - begun)}`,
  )
  watchOver(await control.serve())
  teller.tell(
    'control',
    `control API listens at ${lab.controlHost}:${lab.controlPort}${lab.hasPackets ? ', in a network of its own' : ''}`,
  )

  const publishing = performance.now()
  const published = await control
    .as('approver')
    .post<Publication>('/v1/revisions', { mode: 'enforce', force: true, note: 'demo: the first list' })
  teller.tell(
    'published',
    `revision ${published.revision}: ${figure(published.entries)} entries, signed in ${duration(performance.now() - publishing)}`,
  )

  const edge = await createEdge(lab, folder, await control.enrolToken(), control)
  const starting = performance.now()
  for (const service of await edge.startPortal()) watchOver(service)
  watchOver(edge.startWatch())
  watchOver(edge.startAgent())
  const status = await edge.untilStatus(
    `revision ${published.revision} in force at the edge`,
    ({ inForce }) => inForce?.revision === published.revision,
  )
  teller.expect(
    status.inForce?.digest === published.digest && status.inForce.mode === 'enforce',
    'in force',
    `edge enrolled, pulled, verified and put revision ${published.revision} into ${lab.hasPackets ? 'the kernel' : 'the dry-run backend'} ` +
      `in ${duration(performance.now() - starting)}; digest ${published.digest.slice(0, 12)}… is the signed one`,
  )
  return { lab, control, edge, published }
}

async function createControl(lab: Lab, folder: string): Promise<ControlHost> {
  const own = join(folder, 'control')
  await mkdir(own)
  return createControlHost({
    place: lab.control,
    folder: own,
    host: lab.controlHost,
    port: lab.controlPort,
    baseUrl: lab.controlUrl,
  })
}

function createEdge(lab: Lab, folder: string, enrolToken: string, control: ControlHost): Promise<EdgeHost> {
  return createEdgeHost({
    place: lab.edge,
    folder: join(folder, 'edge'),
    name: 'edge-demo',
    controlUrl: lab.hasPackets ? `http://${lab.controlHost}:${lab.controlPort}` : control.baseUrl,
    enrolToken,
    backend: lab.hasPackets ? 'nft' : 'dry-run',
    management: [],
    hasNginx: lab.hasPackets && isInstalled('nginx'),
    portal: lab.hasPackets
      ? { ports: lab.portalPorts }
      : { ports: lab.portalPorts, address: lab.portalAddress, clientHeader: CLIENT_HEADER },
  })
}
