/** What `npm start` runs: the main job on real parts, shown in plain lines. */
import { findSurroundings } from '../support/surroundings.ts'
import { parseDemoOptions, USAGE } from './demo-options.ts'
import { createTeller } from './print.ts'
import { runDemo } from './run-demo.ts'
import { runInOwnNamespaces } from './run-outside.ts'

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (!stop.signal.aborted && options.inside === undefined) process.stdout.write('\nClosing and removing everything …\n')
    stop.abort(new Error('stopped'))
  })
}
// Programs of the administrator are not on every user's path.
process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`

const options = parseDemoOptions(process.argv.slice(2), process.env)
// Waits of a story that was cut short would hold the process; all it made is removed by now.
process.exit(await start())

async function start(): Promise<0 | 1> {
  if (options.isHelp) {
    process.stdout.write(USAGE)
    return 0
  }
  const teller = createTeller(process.stdout, () => performance.now())
  if (options.inside !== undefined) return runDemo(options, true, teller, stop.signal)
  teller.say('Edgeward: the main job on real parts. Everything is private to this run and gone after Ctrl-C.')
  const surroundings = options.isDryRun ? ({ kind: 'none', missing: [] } as const) : findSurroundings()
  if (surroundings.kind === 'user-namespace') {
    teller.say('You are not root, so it runs in a user namespace of its own; all the rest is the same.\n')
    return runInOwnNamespaces(process.argv.slice(2), stop.signal)
  }
  if (surroundings.kind === 'none') {
    for (const what of surroundings.missing) teller.say(`Missing: ${what}`)
    teller.say(
      'So no packet is judged: the same story runs on loopback with the dry-run backend, and says which steps it cannot show.',
    )
  }
  teller.say('')
  return runDemo(options, surroundings.kind === 'namespaces', teller, stop.signal)
}
