import { describe, expect, it } from 'vitest'
import { ProgramError } from '../../../agent/process/program-error.ts'
import type { RunProgram } from '../../../agent/process/run-program.ts'
import { createServiceManager } from '../../../agent/process/service-manager.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'

function aManager(socket: string | undefined, fails?: ProgramError) {
  const runs: unknown[] = []
  const log = createFakeLog()
  const run: RunProgram = async (file, args, options) => {
    runs.push([file, ...args, options?.env?.NOTIFY_SOCKET])
    if (fails !== undefined) throw fails
    return { stdout: '', stderr: '', exitCode: 0 }
  }
  return { manager: createServiceManager(socket, run, log), runs, log }
}

describe('createServiceManager', () => {
  it('tells what is new and starts nothing where nothing is', async () => {
    const { manager, runs } = aManager('/run/systemd/notify')
    manager.tell({ isReady: false, status: 'Looking' })
    manager.tell({ isReady: true, status: 'Enforcing revision 1' })
    manager.tell({ isReady: true, status: 'Enforcing revision 1' })
    manager.tell({ isReady: false, status: 'Enforcing revision 2' })
    manager.tell({ isReady: true, status: 'Enforcing revision 2' })
    await manager.stopping()
    expect(runs).toEqual([
      ['systemd-notify', 'STATUS=Looking', '/run/systemd/notify'],
      ['systemd-notify', 'READY=1', 'STATUS=Enforcing revision 1', '/run/systemd/notify'],
      ['systemd-notify', 'STATUS=Enforcing revision 2', '/run/systemd/notify'],
      ['systemd-notify', 'STOPPING=1', '/run/systemd/notify'],
    ])
  })

  it.each([[undefined], ['']])('starts nothing where nobody listens (%j)', async (socket) => {
    const { manager, runs } = aManager(socket)
    manager.tell({ isReady: true, status: 'Enforcing revision 1' })
    await manager.stopping()
    expect(runs).toEqual([])
  })

  it('warns and goes on where systemd cannot be told', async () => {
    const { manager, log } = aManager('/run/systemd/notify', new ProgramError('NOT_FOUND', 'no systemd-notify'))
    manager.tell({ isReady: true, status: 'Enforcing revision 1' })
    await manager.stopping()
    expect(log.messages('warn')).toEqual(['systemd was not told', 'systemd was not told'])
  })
})
