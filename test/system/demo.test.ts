/** What `npm start` runs: that its story comes as told, and that nothing of it is left, however it ends. */
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { namespacesOf, programsNaming } from '../support/leftovers.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { ROOT_FOLDER } from '../support/place.ts'
import { createService, type Service, spawnHere } from '../support/service.ts'
import { findSurroundings } from '../support/surroundings.ts'
import { until } from '../support/until.ts'
import { createWorkDir, type WorkDir } from '../support/work-dir.ts'

const MAIN = join(ROOT_FOLDER, 'test/demo/main.ts')
const SMALL = ['--facilities', '300', '--addresses', '600', '--pace', '40']
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups']
const PATIENCE_MS = 120_000

t.setTimeout(290_000)
if (!canMakeNetworks() || findSurroundings().kind !== 'namespaces') {
  t.plan(0, 'needs root, ip(8), nft(8) and network namespaces')
} else {
  await t.test('--once tells the story, ends with 0 and leaves nothing, also when two run at once', async (t) => {
    await using folder = await createWorkDir('ew-demo')
    const demos = [start(folder, ['--once', ...SMALL]), start(folder, ['--once', ...SMALL])]
    for (const demo of demos) {
      const story = await wholeStory(t, demo)
      t.match(story, /✓ in force .*enrolled, pulled, verified .* into the kernel/)
      t.match(story, /✓ passes +port 80[\s\S]*✓ passes +port 443/)
      t.match(story, /✓ refused +port 80: TCP reset[\s\S]*✓ refused +port 443: TCP reset/)
      t.match(story, /✓ two people[\s\S]*✓ passes +[\d.]+ m?s after "publish"/)
      t.match(story, /✓ cut +after 3\d\d look-ups and [\d.]+ s: TCP reset/)
      t.match(story, /✓ passes +the honest hospital still does/)
      t.match(story, /✓ central /)
      t.match(story, /11 of 11 expectations held/)
      t.notMatch(story, /✗/)
      t.same(await namespacesOf(demo.pid), [], 'no namespace is left')
    }
    await nothingLeft(t, folder)
  })

  await t.test('Ctrl-C while it is up ends it with 0 and leaves nothing', async (t) => {
    await using folder = await createWorkDir('ew-demo')
    const demo = start(folder, SMALL)
    const [, statusUrl = ''] = await demo.line(/status page of the edge +(http:\S+)/, PATIENCE_MS)
    const [, controlUrl = ''] = await demo.line(/control API +(http:\S+)/)
    t.equal((await fetch(statusUrl)).status, 200, 'the status page opens')
    t.equal((await fetch(new URL('/openapi.json', controlUrl))).status, 200, 'so does the API')
    await demo.line(/until Ctrl-C/)
    const first = demo.stop('SIGINT', 30_000)
    await demo.stop('SIGINT', 30_000)
    t.equal((await first).code, 0, 'pressed twice')
    t.same(await namespacesOf(demo.pid), [], 'no namespace is left')
    await nothingLeft(t, folder)
  })

  await t.test('a part that dies ends it with 1 and its last words, and leaves nothing', async (t) => {
    await using folder = await createWorkDir('ew-demo')
    const demo = start(folder, SMALL)
    await demo.line(/✓ in force/, PATIENCE_MS)
    const [agent] = await until('the agent', async () => {
      const found = await programsNaming(`${folder.path}/`, 'agent/main.ts run')
      return found.length > 0 ? found : undefined
    })
    process.kill(agent?.pid ?? Number.NaN, 'SIGKILL')
    t.equal((await demo.exited).code, 1)
    t.match(textOf(demo), /could not go on: agent run ended by itself \(SIGKILL\)/)
    t.match(textOf(demo), /agent run, which ended \(SIGKILL\), said last:\n +\{"level"/)
    t.match(textOf(demo), /control serve, which runs, said last:[\s\S]*the agent says of itself/)
    t.same(await namespacesOf(demo.pid), [], 'no namespace is left')
    await nothingLeft(t, folder)
  })

  await t.test('killed by SIGKILL, it takes its programs with it', async (t) => {
    await using folder = await createWorkDir('ew-demo')
    const demo = start(folder, SMALL)
    await demo.line(/✓ in force/, PATIENCE_MS)
    await demo.stop('SIGKILL')
    await until('its programs to end', async () => ((await programsNaming(`${folder.path}/`)).length === 0 ? true : undefined))
    t.pass('they ended; names of namespaces and the folder wait for the next run and the system')
  })

  await t.test('--dry-run says which steps it cannot show', async (t) => {
    await using folder = await createWorkDir('ew-demo')
    const demo = start(folder, ['--once', '--dry-run', ...SMALL])
    const story = await wholeStory(t, demo)
    t.match(story, /no packet is judged/)
    t.match(story, /✓ in force .*dry-run backend/)
    t.match(story, /not shown +needs namespaces: the stranger/)
    t.match(story, /✓ flagged +after 3\d\d look-ups/)
    t.match(story, /6 of 6 expectations held/)
    await nothingLeft(t, folder)
  })

  await t.test('a user who is not root gets the same story in a user namespace', async (t) => {
    await using folder = await createWorkDir('ew-demo')
    await chmod(folder.path, 0o777)
    const probe = createService('probe', spawnHere('setpriv', [...NOBODY, process.execPath, MAIN, '--help']))
    if ((await probe.exited).code !== 0) return t.plan(0, 'that user cannot read this checkout')
    const demo = start(folder, ['--once', ...SMALL], ['setpriv', ...NOBODY])
    const story = await wholeStory(t, demo)
    if (/user namespace of its own/.test(story)) t.match(story, /✓ refused[\s\S]*✓ cut[\s\S]*11 of 11 expectations held/)
    else t.match(story, /Missing: network namespaces[\s\S]*6 of 6 expectations held/)
    await nothingLeft(t, folder)
  })
}

/** Starts the demo with its temporary files below `folder`. */
function start(folder: WorkDir, args: readonly string[], before: readonly string[] = []): Service {
  const [file = '', ...rest] = [...before, process.execPath, MAIN, ...args]
  return createService('the demo', spawnHere(file, rest, { env: { TMPDIR: folder.path } }))
}

/** Waits for its end, which must be a good one; gives what it said. */
async function wholeStory(t: Test, demo: Service): Promise<string> {
  const { code } = await demo.exited
  t.equal(code, 0, 'exit code')
  if (code !== 0) t.comment(textOf(demo))
  return textOf(demo)
}

function textOf(demo: Service): string {
  return demo.lines.join('\n')
}

async function nothingLeft(t: Test, folder: WorkDir): Promise<void> {
  t.same(await readdir(folder.path), [], 'no temporary file is left')
  t.same(await programsNaming(`${folder.path}/`), [], 'no program is left')
}
