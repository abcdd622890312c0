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

/** Enough for a comparison that failed. */
const MAX_DIAG_LENGTH = 3000

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

function runVitest(report: string): Total {
  const { status } = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile=${report}`])
  const total = readVitest(report)
  // A file that does not load has no test in it, but it failed all the same.
  return status !== 0 && total.failed === 0 ? { ...total, failed: 1 } : total
}

function readVitest(report: string): Total {
  const figures = JSON.parse(readFileSync(report, 'utf8')) as Record<
    'numPassedTests' | 'numFailedTests' | 'numPendingTests',
    number
  >
  return { passed: figures.numPassedTests, failed: figures.numFailedTests, skipped: figures.numPendingTests }
}

function runTap(report: string): Total {
  const { status } = run('tap', ['run', '--reporter=terse', `--output-file=${report}`])
  const total: Total = { passed: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  const parser = new Parser()
  countIn(parser, total, failures)
  parser.end(readFileSync(report, 'utf8'))
  for (const failure of failures) console.log(`\nFAILED ${failure}`)
  return status !== 0 && total.failed === 0 ? { ...total, failed: 1 } : total
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
  return spawnSync(join('node_modules', '.bin', program), args, { stdio: ['ignore', 'inherit', 'inherit'] })
}
