import { setTimeout as pause } from 'node:timers/promises'
import type { AgentStatus } from '../../agent/status/agent-status.ts'
import { statusWords } from '../../agent/status/status-words.ts'
import { askSocket } from '../support/ask-socket.ts'
import type { Service } from '../support/service.ts'
import type { Teller } from './print.ts'

const LINES = 15
/** One that hangs says nothing. */
const WAIT_MS = 5000

/** Shows what a person would look at when the story stops: the end of what each program said, and what the agent says of itself. */
export async function tellWhy(teller: Teller, services: Iterable<Service>, socket: string): Promise<void> {
  for (const { name, lines, exit } of services) {
    const state = exit === undefined ? 'runs' : `ended (${exit.code ?? exit.signal})`
    teller.say(`\n── ${name}, which ${state}, said last:`)
    for (const line of lines.slice(-LINES)) teller.say(`   ${line}`)
    if (lines.length === 0) teller.say('   nothing')
  }
  teller.say('\n── the agent says of itself (agent status):')
  const answer = Promise.race([askSocket<AgentStatus>(socket, '/status'), giveUp()])
  teller.say(await answer.then(statusWords, (error: unknown) => `   nothing: ${String(error)}`))
}

async function giveUp(): Promise<never> {
  await pause(WAIT_MS, undefined, { ref: false })
  throw new Error(`no answer in ${WAIT_MS} ms`)
}
