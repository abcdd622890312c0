import { cpus, freemem, hostname, loadavg, totalmem, uptime } from 'node:os'
import { mem, osInfo } from 'systeminformation'
import type { AgentReport } from '../../rules/reports/agent-report.ts'

export type HostFacts = AgentReport['host']

/** What the machine is and how it does. What cannot be found out is empty or 0, never a reason to fail. */
export interface HostFactsSource {
  read(): Promise<HostFacts>
}

/** Facts by systeminformation. What does not change while a process lives is asked once: it costs programs started. */
export function createHostFacts(): HostFactsSource {
  let system: Promise<Pick<HostFacts, 'hostname' | 'os' | 'kernel' | 'cpus'>> | undefined
  return {
    async read() {
      system ??= readSystem()
      const { hostname, os, kernel, cpus } = await system
      const memory = await mem().catch(() => ({ total: totalmem(), available: freemem() }))
      return {
        hostname,
        os,
        kernel,
        cpus,
        memoryBytes: count(memory.total),
        freeMemoryBytes: count(memory.available),
        load1: Math.max(0, loadavg()[0] ?? 0),
        uptimeS: Math.max(0, Math.round(uptime())),
        agentRssBytes: process.memoryUsage.rss(),
      }
    },
  }
}

async function readSystem() {
  const { distro, release, kernel } = await osInfo().catch(() => ({ distro: '', release: '', kernel: '' }))
  return {
    hostname: hostname().slice(0, 253),
    os: `${distro} ${release}`.trim().slice(0, 128),
    kernel: kernel.slice(0, 128),
    cpus: cpus().length,
  }
}

function count(value: number): number {
  return Number.isFinite(value) && value > 0 ? Math.round(value) : 0
}
