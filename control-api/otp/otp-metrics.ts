import { Counter, Gauge } from 'prom-client'
import type { ControlContext } from '../http/context.ts'

/** Figures of codes, grants and gateways for Prometheus; no names, no numbers of people. */
export function registerOtpMetrics({ metrics, otp }: Pick<ControlContext, 'metrics' | 'otp'>): void {
  const registers = [metrics]
  new Counter({
    name: 'edgeward_control_otp_total',
    help: 'Requests for codes and codes given back, by their end.',
    labelNames: ['end'],
    registers,
    collect() {
      this.reset()
      for (const [end, count] of otp.desk.figures()) this.inc({ end }, count)
    },
  })
  new Gauge({
    name: 'edgeward_control_grants',
    help: 'Grants signed for edges, and those of them that have not lapsed.',
    labelNames: ['state'],
    registers,
    collect() {
      const { held, live } = otp.grants.figures()
      this.set({ state: 'held' }, held)
      this.set({ state: 'live' }, live)
    },
  })
  new Gauge({
    name: 'edgeward_control_grants_version',
    help: 'Version of the signed grants document.',
    registers,
    collect() {
      this.set(otp.grants.figures().version)
    },
  })
  new Counter({
    name: 'edgeward_control_grant_uses_total',
    help: 'Look-ups under grants that edges told, by what became of them.',
    labelNames: ['fate'],
    registers,
    collect() {
      this.reset()
      for (const [fate, count] of otp.grants.figures().uses) this.inc({ fate }, count)
    },
  })
  new Counter({
    name: 'edgeward_control_sms_total',
    help: 'Messages, by gateway and what became of them.',
    labelNames: ['gateway', 'fate'],
    registers,
    collect() {
      this.reset()
      for (const [key, count] of otp.sms.figures()) {
        const [gateway = '', fate = ''] = key.split(' ')
        this.inc({ gateway, fate }, count)
      }
    },
  })
  new Gauge({
    name: 'edgeward_control_sms_gateway_up',
    help: 'Whether a gateway can take messages.',
    labelNames: ['gateway'],
    registers,
    collect() {
      for (const sender of otp.sms.senders) this.set({ gateway: sender.name }, sender.state().isUp ? 1 : 0)
    },
  })
}
