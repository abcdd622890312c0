import { SAMPLE_SIZE } from '../sample/sample-registrations.ts'
import { seedSample } from '../sample/seed-sample.ts'
import type { Command } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { openControl, SYSTEM_CLOCK } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, numberFlag, parseFlags } from './parse-flags.ts'

export const sample: Command = {
  name: 'sample',
  summary: 'make up a country of facilities and approved addresses, to try things on; never on real data',
  usage: `--data DIR [options]
  ${DATA_USAGE}
  --facilities N   how many (${SAMPLE_SIZE.facilities})
  --addresses N    how many in all (${SAMPLE_SIZE.addresses})
  --seed N         another seed, another country (1)`,
  example: 'control sample --facilities 500 --addresses 1000 --data /tmp/edgeward',
  async run(args, io) {
    const { values } = parseFlags(args, {
      ...DATA_FLAGS,
      facilities: { type: 'string' },
      addresses: { type: 'string' },
      seed: { type: 'string' },
    })
    const facilities = numberFlag(values.facilities, '--facilities', SAMPLE_SIZE.facilities, [1, 50_000])
    const addresses = numberFlag(values.addresses, '--addresses', SAMPLE_SIZE.addresses, [1, 1_000_000])
    const seed = numberFlag(values.seed, '--seed', 1, [0, 2 ** 32 - 1])
    await using control = await openControl(await loadConfig(values), commandLog(io))
    const onProgress = (approved: number, of: number): void => {
      io.stdout.write(`${approved} of ${of} registrations approved\n`)
    }
    const made = await seedSample(control.store, { seed, facilities, addresses, clock: SYSTEM_CLOCK, onProgress })
    if (made === 0) io.stdout.write(`the sample of seed ${seed} is there already\n`)
    io.stderr.write('Next: control publish\n')
    return 0
  },
}
