import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type ControlClient, createControlClient } from './control-client.ts'
import { type Place, startOwn } from './place.ts'
import type { Service } from './service.ts'

const SCRIPT = 'control-api/main.ts'
const ROLES = ['operator', 'approver', 'reader'] as const
export type PersonRole = (typeof ROLES)[number]

export interface ControlHostOptions {
  readonly place: Place
  /** Folder of its own: config and data. */
  readonly folder: string
  readonly host: string
  readonly port: number
  /** Where this process reaches it. */
  readonly baseUrl: string
  /** Options of its config beside these; dotted paths nested by the caller. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** The control API as real processes over one data folder. */
export interface ControlHost {
  readonly baseUrl: string
  readonly configFile: string
  readonly tokensFile: string
  /** `control init`: keys, database, first tokens. */
  init(): Promise<void>
  /** `control sample`: made-up registrations; `onLine` hears its progress. */
  sample(facilities: number, addresses: number, onLine: (line: string) => void): Promise<void>
  /** `control serve`; done when it answers. */
  serve(): Promise<Service>
  /** The API as a person of that role. */
  as(role: PersonRole): ControlClient
  /** A one-time token for an edge. */
  enrolToken(): Promise<string>
}

export async function createControlHost(options: ControlHostOptions): Promise<ControlHost> {
  const { place, folder, baseUrl } = options
  const configFile = join(folder, 'control.yaml')
  const dataDir = join(folder, 'data')
  const tokensFile = join(folder, 'tokens.json')
  const tokens = new Map<PersonRole, string>()
  await writeFile(
    configFile,
    stringify({ data: { dir: dataDir }, server: { host: options.host, port: options.port }, ...options.more }),
  )
  const complete = async (name: string, args: readonly string[], onLine?: (line: string) => void) => {
    const service = startOwn(place, name, SCRIPT, args)
    if (onLine !== undefined) service.listen(onLine)
    const { code } = await service.exited
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${service.lines.slice(-20).join('\n')}`)
  }
  const as = (role: PersonRole) => {
    const token = tokens.get(role)
    if (token === undefined) throw new Error(`There is no token of a ${role}; has init run?`)
    return createControlClient(baseUrl, token)
  }
  return {
    baseUrl,
    configFile,
    tokensFile,
    async init() {
      await complete('control init', ['init', '--config', configFile, '--tokens-file', tokensFile])
      const file = JSON.parse(await readFile(tokensFile, 'utf8')) as Record<string, string>
      for (const role of ROLES) {
        const token = file[role]
        if (token !== undefined) tokens.set(role, token)
      }
    },
    sample: (facilities, addresses, onLine) =>
      complete(
        'control sample',
        ['sample', '--config', configFile, '--facilities', String(facilities), '--addresses', String(addresses)],
        onLine,
      ),
    async serve() {
      const service = startOwn(place, 'control serve', SCRIPT, ['serve', '--config', configFile])
      await service.line(/listening/i)
      return service
    },
    as,
    async enrolToken() {
      const { token } = await as('operator').post<{ token: string }>('/v1/agents/tokens')
      return token
    },
  }
}
