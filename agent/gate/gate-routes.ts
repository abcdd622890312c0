import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { explainAccount } from './explain-account.ts'
import type { Gate } from './gate.ts'
import type { SavedRehearsal } from './rehearsal-book.ts'
import { toldRehearsal } from './told-rehearsal.ts'

const MAX_ACCOUNT_LENGTH = 64
const PIECE_ROWS = 50

/** What the gate tells on the socket of `watch`. No route changes anything. */
export function addGateRoutes(app: FastifyInstance, gate: Gate): void {
  const boot = randomBytes(8).toString('hex')
  app.get<{ Querystring: { since?: string } }>('/grant-uses', ({ query }, reply) => {
    if (query.since !== undefined && !/^\d{1,15}$/.test(query.since))
      return reply.code(400).send({ error: 'since must be a number' })
    const { uses, change } = gate.holder.grants?.usesSince(Number(query.since ?? 0)) ?? { uses: [], change: 0 }
    return { change, uses: uses.map(({ token, usedAtS }) => ({ token, usedAt: usedAtS })) }
  })
  app.get<{ Querystring: { since?: string } }>('/user-uses', ({ query }, reply) => {
    if (query.since !== undefined && !/^\d{1,15}$/.test(query.since))
      return reply.code(400).send({ error: 'since must be a number' })
    return gate.desk.userUses.usesSince(Number(query.since ?? 0))
  })
  app.get<{ Querystring: { boot?: string; since?: string } }>('/rehearsal-counts', ({ query }, reply) => {
    if (!gate.tellsFacility) return reply.code(404).send({ error: 'the rehearsal stays at this edge' })
    if (query.since !== undefined && !/^\d{1,15}$/.test(query.since))
      return reply.code(400).send({ error: 'since must be a number' })
    // Numbers of another start mean nothing here: then all of it is news.
    return toldRehearsal(gate, boot, query.boot === boot ? Number(query.since ?? 0) : 0)
  })
  app.get('/rehearsal', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(Readable.from(piecesOf(gate.book.all()))),
  )
  app.get<{ Querystring: { account?: string } }>('/gate-account', ({ query }, reply) => {
    const text = typeof query.account === 'string' && query.account.length <= MAX_ACCOUNT_LENGTH ? query.account : ''
    const answer = explainAccount(text, gate.holder, gate.nowMs())
    return answer ?? reply.code(400).send({ error: 'account must be one of the portal' })
  })
}

/** A piece at a time, so that no decision waits for the whole. */
function* piecesOf({ sinceMs, unlisted, rows }: SavedRehearsal): Generator<string> {
  yield `{"format":"edgeward-rehearsal/1","since":${JSON.stringify(new Date(sinceMs).toISOString())},"unlisted":${unlisted},"rows":[`
  for (let from = 0; from < rows.length; from += PIECE_ROWS) {
    const piece = rows.slice(from, from + PIECE_ROWS).map((row) => JSON.stringify(row))
    yield `${from === 0 ? '' : ','}${piece.join()}`
  }
  yield ']}\n'
}
