import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createLoopbackLab, createNamespaceLab } from '../support/lab.ts'
import { startRelay } from '../support/relay.ts'
import { createSeeded } from '../support/seeded.ts'
import type { Service } from '../support/service.ts'
import { createWorkDir } from '../support/work-dir.ts'
import type { DemoOptions } from './demo-options.ts'
import { figure, type Teller } from './print.ts'
import { setStage } from './stage.ts'
import { playStory } from './story.ts'
import { tellWhy } from './tell-why.ts'
import { describeAfterwards } from './what-to-try.ts'

const CLIENTS = ['hospital', 'stranger', 'harvester']
const SEED = 20_240_727

/**
 * Runs the demo and removes all it made, whatever happens.
 * @returns exit code: 0 when each expectation held, or somebody stopped it after the story; 1 otherwise
 */
export async function runDemo(options: DemoOptions, hasNamespaces: boolean, teller: Teller, stop: AbortSignal): Promise<0 | 1> {
  const ended = new AbortController()
  const signal = AbortSignal.any([stop, ended.signal])
  try {
    await using parts = new AsyncDisposableStack()
    const folder = options.inside?.folder ?? parts.use(await createWorkDir('edgeward-demo')).path
    await mkdir(join(folder, 'edge'), { recursive: true })
    const lab = parts.use(hasNamespaces ? await createNamespaceLab(folder, CLIENTS) : await createLoopbackLab())
    teller.tell(
      'made',
      lab.hasPackets
        ? 'private networks: an edge, a control host and three clients'
        : 'an edge, a control host and three clients, all on this loopback',
    )
    const services = parts.adopt(new Set<Service>(), async (set) => {
      ended.abort(CLOSING)
      await Promise.all([...set].map((service) => service.stop()))
    })
    const watchOver = (service: Service) => {
      services.add(service)
      if (signal.aborted) void service.stop('SIGKILL')
      void service.exited.then(({ code, signal: by }) => {
        if (signal.aborted) return
        ended.abort(new Error(`${service.name} ended by itself (${code ?? by}):\n${service.lines.slice(-15).join('\n')}`))
      })
      return service
    }
    const story = tell(options, lab, folder, teller, watchOver, signal)
    const statusUrl = await Promise.race([story, rejection(signal)]).catch(async (error: unknown) => {
      if (!stop.aborted) await tellWhy(teller, services, join(folder, 'edge', 'agent.sock'))
      throw error
    })
    const isRight = teller.failed === 0
    teller.say(`\n${figure(teller.expected - teller.failed)} of ${figure(teller.expected)} expectations held.`)
    if (options.isOnce) return isRight ? 0 : 1
    teller.say(describeAfterwards({ folder, statusUrl, controlUrl: options.inside?.controlUrl ?? lab.controlUrl }))
    await rejection(signal)
    return 1
  } catch (error) {
    if (stop.aborted) return options.isOnce ? 1 : 0
    teller.say(`\nThe demo could not go on: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

const CLOSING = new Error('the demo is closing')

/** Stage, story, and the status page on this host's loopback; gives its URL. */
async function tell(
  options: DemoOptions,
  lab: Parameters<typeof setStage>[0]['lab'],
  folder: string,
  teller: Teller,
  watchOver: (service: Service) => Service,
  signal: AbortSignal,
): Promise<string> {
  const stage = await setStage({ lab, folder, teller, options, watchOver })
  const relay = await startRelay({ host: '127.0.0.1', port: 0 }, { path: stage.edge.socket })
  signal.addEventListener('abort', () => void relay[Symbol.asyncDispose]())
  await playStory({ stage, teller, seeded: createSeeded(SEED), lookupsPerS: options.lookupsPerS, signal })
  return options.inside?.statusUrl ?? `http://127.0.0.1:${relay.port}`
}

/** Rejects with the reason once `signal` is aborted. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
