import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Parser, type Result as TapResult } from 'tap-parser'

/** Runs vitest (in-process) and tap (real kernel, packets, processes), and prints the total of both alone on a line. */
interface Total {
  passed: number
  failed: number
  skipped: number
}

/** As much of the report as is read. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** Enough for a comparison that failed. */
const MAX_DIAG_LENGTH = 3000
/** More than that is no accident of the runtime. */
const MAX_CRASHED_FILES = 2

const folder = mkdtempSync(join(tmpdir(), 'edgeward-total-'))
try {
  const totals = [runVitest(join(folder, 'vitest.json')), runTap(join(folder, 'all.tap'))]
  const passed = totals.reduce((sum, total) => sum + total.passed, 0)
  const failed = totals.reduce((sum, total) => sum + total.failed, 0)
  const skipped = totals.reduce((sum, total) => sum + total.skipped, 0)
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * A file whose process was ended by a signal is run once more: Node's type stripper is WebAssembly, and WebAssembly that begins now and then takes its process
 * down (https://github.com/nodejs/node/issues/64500). Whatever fails or crashes again counts.
 */
function runVitest(report: string): Total {
  const { status, total, crashed } = runFiles(report, [])
  if (crashed.length === 0 || crashed.length > MAX_CRASHED_FILES) return status === 0 ? total : atLeastOneFailed(total)
  console.log(`\nCRASHED, and run once more: ${crashed.join(' ')}`)
  const again = runFiles(`${report}.again`, crashed)
  const sum = {
    passed: total.passed + again.total.passed,
    failed: total.failed + again.total.failed,
    skipped: total.skipped + again.total.skipped,
  }
  return again.status === 0 ? sum : atLeastOneFailed(sum)
}

/** What crashed is not counted. */
function runFiles(report: string, files: readonly string[]): { status: number | null; total: Total; crashed: readonly string[] } {
  const { status } = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...files])
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as VitestReport
  const crashed = testResults.filter((file) => {
    const found = file.assertionResults.map((test) => test.status)
    return file.status === 'failed' && found.includes('pending') && !found.includes('failed')
  })
  const statuses = testResults.filter((file) => !crashed.includes(file)).flatMap((file) => file.assertionResults)
  const passed = statuses.filter((test) => test.status === 'passed').length
  const failed = statuses.filter((test) => test.status === 'failed').length
  return {
    status,
    total: { passed, failed, skipped: statuses.length - passed - failed },
    crashed: crashed.map(({ name }) => name),
  }
}

/** A file that does not load has no test in it, but it failed all the same. */
function atLeastOneFailed(total: Total): Total {
  return { ...total, failed: Math.max(1, total.failed) }
}

function runTap(report: string): Total {
  const { status } = run('tap', ['run', '--reporter=terse', `--output-file=${report}`])
  const total: Total = { passed: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  const parser = new Parser()
  countIn(parser, total, failures)
  parser.end(readFileSync(report, 'utf8'))
  for (const failure of failures) console.log(`\nFAILED ${failure}`)
  return status === 0 ? total : atLeastOneFailed(total)
}

/** Counts test points, not the lines that close a subtest; of those that failed `failures` says where and why. */
function countIn(parser: Parser, total: Total, failures: string[]): void {
  parser.on('child', (child: Parser) => countIn(child, total, failures))
  parser.on('assert', (result: TapResult & { closingTestPoint?: boolean }) => {
    if (result.closingTestPoint) return
    if (result.skip || result.todo) total.skipped++
    else if (result.ok) total.passed++
    else {
      total.failed++
      failures.push(
        `${parser.fullname} > ${result.name}\n${JSON.stringify(result.diag ?? null, null, 2).slice(0, MAX_DIAG_LENGTH)}`,
      )
    }
  })
}

function run(program: string, args: readonly string[]): { status: number | null } {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') }
  return spawnSync(join('node_modules', '.bin', program), args, { stdio: ['ignore', 'inherit', 'inherit'], env })
}
