import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm start -- [options]

  --once              end after the story; exit code 0 when everything came as expected, 1 when not
  --dry-run           run on loopback with the backend that changes nothing, also where namespaces can be made
  --facilities N      made-up facilities to register (13000)
  --addresses N       made-up addresses to register (25500)
  --pace N            look-ups a second of the harvester (25, twice the pace of the 2019 account)
  --help              this text
`

export interface DemoOptions {
  readonly isOnce: boolean
  readonly isDryRun: boolean
  readonly isHelp: boolean
  readonly facilities: number
  readonly addresses: number
  readonly lookupsPerS: number
  /** Set for the half that runs in namespaces of its own: folder and URLs come from the half outside. */
  readonly inside: { readonly folder: string; readonly controlUrl: string; readonly statusUrl: string } | undefined
}

/** @throws TypeError of parseArgs, RangeError for a figure that is none */
export function parseDemoOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: env.EDGEWARD_DEMO_ONCE === '1' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      facilities: { type: 'string', default: '13000' },
      addresses: { type: 'string', default: '25500' },
      pace: { type: 'string', default: '25' },
      inside: { type: 'string' },
      'control-url': { type: 'string', default: '' },
      'status-url': { type: 'string', default: '' },
    },
  })
  return {
    isOnce: values.once,
    isDryRun: values['dry-run'],
    isHelp: values.help,
    facilities: count('--facilities', values.facilities),
    addresses: count('--addresses', values.addresses),
    lookupsPerS: count('--pace', values.pace),
    inside:
      values.inside === undefined
        ? undefined
        : { folder: values.inside, controlUrl: values['control-url'], statusUrl: values['status-url'] },
  }
}

function count(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 10 || value > 1_000_000)
    throw new RangeError(`${name} must be a whole number from 10 to 1,000,000, is ${JSON.stringify(text)}`)
  return value
}
