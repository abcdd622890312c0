import { Counter, Gauge, type Registry } from 'prom-client'
import { GATE_MODES, type GateRule } from '../../rules/gate/gate-rule.ts'
import type { PaceFigures } from './answer-pace.ts'
import type { GateStatus } from './gate-status.ts'

/** What the gate decided, for Prometheus. Copied from memory when it is asked for; nothing where there is no gate. */
export function addGateMetrics(registry: Registry, read: () => GateStatus | undefined): void {
  const decisions: Counter<'outcome'> = new Counter({
    name: 'edgeward_gate_decisions_total',
    help: 'Requests decided: passed, refused, unreadable because the proxy told no target or address, or unjudged by HAProxy, whose maps were empty or whose code failed.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      decisions.reset()
      const status = read()
      if (status === undefined) return
      for (const outcome of ['passed', 'refused', 'unreadable', 'unjudged'] as const) decisions.inc({ outcome }, status[outcome])
    },
  })
  const reasons: Counter<'reason' | 'outcome'> = new Counter({
    name: 'edgeward_gate_reasons_total',
    help: 'Requests refused, or that would have been (observed, rehearsed, exempt), by reason.',
    labelNames: ['reason', 'outcome'],
    registers: [registry],
    collect() {
      reasons.reset()
      for (const [reason, { refused, would }] of Object.entries(read()?.byReason ?? {})) {
        reasons.inc({ reason, outcome: 'refused' }, refused)
        reasons.inc({ reason, outcome: 'would' }, would)
      }
    },
  })
  const modes: Gauge<'rule'> = new Gauge({
    name: 'edgeward_gate_rule_mode',
    help: `What a rule does now: ${GATE_MODES.map((mode, strength) => `${strength} ${mode}`).join(', ')}.`,
    labelNames: ['rule'],
    registers: [registry],
    collect() {
      modes.reset()
      for (const [rule, mode] of Object.entries(read()?.modes ?? {}))
        modes.set({ rule: rule as GateRule }, GATE_MODES.indexOf(mode))
    },
  })
  const open: Gauge = new Gauge({
    name: 'edgeward_gate_open',
    help: '1 while proxies can ask.',
    registers: [registry],
    collect: () => open.set(Number(read()?.isListening ?? false)),
  })
  const answer: Gauge<'quantile'> = new Gauge({
    name: 'edgeward_gate_answer_seconds',
    help: 'From when a question was there to when its answer was written, over the last whole minute; 1 is the slowest.',
    labelNames: ['quantile'],
    registers: [registry],
    collect: () => showPace(answer, read()?.pace.answer),
  })
  const loop: Gauge<'quantile'> = new Gauge({
    name: 'edgeward_gate_loop_delay_seconds',
    help: 'How much later than it should the loop of the gate came to a turn, over the last whole minute; 1 is the latest.',
    labelNames: ['quantile'],
    registers: [registry],
    collect: () => showPace(loop, read()?.pace.loop),
  })
  const slow: Counter<'over_ms'> = new Counter({
    name: 'edgeward_gate_slow_answers_total',
    help: 'Answers that took the gate longer than so many milliseconds.',
    labelNames: ['over_ms'],
    registers: [registry],
    collect() {
      slow.reset()
      for (const [over, count] of Object.entries(read()?.pace.slow ?? {})) slow.inc({ over_ms: over }, count)
    },
  })
}

function showPace(gauge: Gauge<'quantile'>, figures: PaceFigures | null | undefined): void {
  gauge.reset()
  if (figures === undefined || figures === null) return
  gauge.set({ quantile: '0.5' }, figures.p50Ms / 1000)
  gauge.set({ quantile: '0.99' }, figures.p99Ms / 1000)
  gauge.set({ quantile: '1' }, figures.maxMs / 1000)
}
