import { join } from 'node:path'
import { ConfigError } from '../../rules/config/config-error.ts'
import { parsePolicySource } from '../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY, type GatePolicy } from '../../rules/gate/policy-options.ts'
import type { Flag } from '../../rules/reports/flag.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { createHaproxyHost, type HaproxyHost, type HostData } from '../haproxy/keeping/haproxy-host.ts'
import type { ProxyDecisions } from '../haproxy/read-decisions.ts'
import type { Log } from '../log/log.ts'
import { readRegular } from '../memory/read-regular.ts'
import { type Timers, wait } from '../time/timers.ts'
import { createFaultList } from '../watch/fault-list.ts'
import type { FlagSource } from '../watch/flag-book.ts'
import { createLogWake } from '../watch/log-wake.ts'
import type { WatchFault } from '../watch/watch-status.ts'
import { createAnswerPace } from './answer-pace.ts'
import { EdgeGateError } from './edge-gate-error.ts'
import { createGateAnswers, type GateAnswers } from './gate-answers.ts'
import { createGateDesk, type GateDesk } from './gate-desk.ts'
import { createGateHolder, type GateHolder } from './gate-holder.ts'
import type { GateMark, GateMemory } from './gate-memory.ts'
import type { GateOptions } from './gate-options.ts'
import { createGateServer } from './gate-server.ts'
import type { GateStatus } from './gate-status.ts'
import { createFolderFiles, HANDED_OVER } from './hand-over-files.ts'
import { createHandedOver, type HandedOver, type HandOverTaker, type Versions } from './handed-over.ts'
import { listenGate } from './listen-gate.ts'
import { createRehearsalBook, type RehearsalBook } from './rehearsal-book.ts'

/** Longest wait for a change of the folder that the kernel tells nobody of. */
const FLOOR_MS = 500
/** The mark of time and the rehearsal are written at most so often; the mark at once where a version or a mode has changed. */
const SAVE_MARK_MS = 60_000
const SAVE_BOOK_MS = 60_000
/** A disk that was full is tried again. */
const SAVE_AGAIN_MS = 10_000
/** Look-ups under grants that central may not know are written at most so often: a grant that was used here goes on after a restart, too. */
const SAVE_USES_MS = 2000
/** HAProxy is asked so often whether it was reloaded, and for look-ups under grants. */
const HAPROXY_MS = 500
/** Rows of what HAProxy decided that are counted in one turn. */
const PIECE_ROWS = 250
/** Requests that HAProxy could not judge are a fault for so long. */
const TELL_UNJUDGED_MS = 600_000
/** A socket file that somebody took away is made again. */
const FIND_MS = 1_000
/** A socket that cannot be listened on is tried again. */
const LISTEN_AGAIN_MS = 5_000

export interface GateParts {
  readonly memory: GateMemory
  readonly maskingKey: Uint8Array
  readonly tallyKey: Uint8Array | undefined
  /** The flags of this edge: they count at once, without a file. */
  readonly flags: Pick<FlagSource, 'live' | 'listen'>
  readonly clock: Clock
  readonly monotonicMs: () => number
  readonly timers: Timers
  readonly log: Log
  /** Reads the hand-over folder; on a thread of its own where requests must not wait for it. */
  readonly openHandOver?: (folder: string, taken: Versions, taker: HandOverTaker) => HandedOver
  /** Keeps the maps of a HAProxy; on a thread of its own likewise. `makeData` says what holds now. */
  readonly openHaproxy?: (makeData: () => HostData) => HaproxyHost
}

/** Decides for a proxy, request by request, from memory. Reads what the agent hands over; writes nothing but its own files in the state folder. */
export interface Gate {
  readonly holder: GateHolder
  readonly desk: GateDesk
  readonly book: RehearsalBook
  /** Whether central may hear of the rehearsal: it names facilities. */
  readonly tellsFacility: boolean
  status(): GateStatus
  faults(): readonly WatchFault[]
  nowMs(): number
  /** Answers and follows the folder until `signal` is aborted, then remembers where it was. Never throws. */
  run(signal: AbortSignal): Promise<void>
}

/** Opens the gate with what was handed over up to now: once it listens, it knows all that it can know. */
export async function openGate(options: GateOptions, parts: GateParts): Promise<Gate> {
  const { memory, maskingKey, tallyKey, flags, clock, monotonicMs, timers, log, openHandOver = openHere } = parts
  const { openHaproxy = (makeData: () => HostData) => createHaproxyHost(makeData()) } = parts
  const faults = createFaultList(clock, log)
  const fallback = await readFallback(options.policyFile, (fault) => faults.note('policyFile', fault))
  const mark = await memory.readMark((fault) => faults.note('mark', fault))
  const saved = await memory.readRehearsal((fault) => faults.note('rehearsal', fault))
  const holder = createGateHolder({ fallback, strongest: options.strongest, maskingKey, tallyKey, mark, nowMs: clock.nowMs() })
  const book = createRehearsalBook(options.rehearsalRows, clock.nowMs(), saved)
  const desk = createGateDesk(holder, book, maskingKey)
  const handedOver = openHandOver(options.dir, mark?.versions ?? { policy: 0, users: 0, grants: 0, blocks: 0 }, {
    ...holder.taker,
    fault: (file, fault) => faults.set(file, fault),
  })
  const pace = createAnswerPace(monotonicMs)
  let answers: { readonly policy: GatePolicy; readonly made: GateAnswers } | undefined
  let isListening = false
  let savedMark = ''
  let [markDueMs, bookDueMs] = [0, monotonicMs() + SAVE_BOOK_MS]
  let bookVersion = book.version
  let [unjudged, unjudgedUntilMs, hasFailed] = [0, 0, false]
  let [usesDueMs, savedUses] = [0, holder.usesChange]

  function answersNow(): GateAnswers {
    const policy = holder.state.policy.source
    if (answers?.policy !== policy) answers = { policy, made: createGateAnswers(policy) }
    return answers.made
  }

  async function look(): Promise<void> {
    await handedOver.look()
    const nowMs = clock.nowMs()
    const clockFault = holder.mark.findFault(nowMs)
    faults.set('clock', clockFault === undefined ? undefined : clockError(clockFault, nowMs, holder))
    holder.mark.raise(nowMs)
    holder.standings.forget(holder.mark.markMs)
    noteMissing(nowMs)
    await save(nowMs, false)
  }

  function noteMissing(nowMs: number): void {
    const isMissing = holder.policyVersion === null
    faults.set('policy', isMissing ? new EdgeGateError('GATE_POLICY_MISSING', missingPolicy(options)) : undefined)
    const modes = holder.modes(nowMs)
    const lists = { user: holder.users, otp: holder.grants, address: holder.state.facilities } as const
    for (const [rule, list] of Object.entries(lists)) {
      const isOn = modes[rule as keyof typeof lists] !== 'off'
      const words = `The rule ${rule} is on (${modes[rule as keyof typeof lists]}), and ${JSON.stringify(options.dir)} holds no list for it: it judges nothing`
      faults.set(`list ${rule}`, isOn && list === undefined ? new EdgeGateError('GATE_LIST_MISSING', words) : undefined)
    }
    const needsKey = (lists.user !== undefined || lists.otp !== undefined) && !holder.hasKeys
    const words = `${JSON.stringify(join(options.dir, 'gate.key'))} is not there: nobody on the lists of users and grants can be told`
    faults.set('gate key', needsKey ? new EdgeGateError('GATE_KEY_UNUSABLE', words) : undefined)
  }

  async function save(nowMs: number, isLast: boolean): Promise<void> {
    const versions = handedOver.versions()
    const kept = `${JSON.stringify(versions)} ${JSON.stringify(holder.modes(nowMs))}`
    const hasUses = holder.usesChange !== savedUses && monotonicMs() >= usesDueMs
    if (isLast || kept !== savedMark || monotonicMs() >= markDueMs || hasUses) {
      const usesChange = holder.usesChange
      usesDueMs = monotonicMs() + SAVE_USES_MS
      const now = markNow()
      if (await isSaved('state', () => memory.writeMark(now))) {
        savedMark = kept
        savedUses = usesChange
        markDueMs = monotonicMs() + SAVE_MARK_MS
      }
    }
    if (book.version !== bookVersion && (isLast || monotonicMs() >= bookDueMs)) {
      const version = book.version
      const isWritten = await isSaved('state of the rehearsal', () => memory.writeRehearsal(book.all()))
      if (isWritten) bookVersion = version
      bookDueMs = monotonicMs() + (isWritten ? SAVE_BOOK_MS : SAVE_AGAIN_MS)
    }
  }

  function markNow(): GateMark {
    const { markMs, signedMs } = holder.mark
    const uses = [...holder.unknownUses()]
    return { format: 'edgeward-gate-mark/1', markMs: Math.floor(markMs), signedMs, versions: { ...handedOver.versions() }, uses }
  }

  /** The fault stays until it has been written. */
  async function isSaved(area: string, write: () => Promise<void>): Promise<boolean> {
    const error = await write().then(
      () => undefined,
      (cause: Error) => cause,
    )
    faults.set(area, error)
    return error === undefined
  }

  async function listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const server = createGateServer({ desk, answers: answersNow, clock, pace })
        await using listening = await listenGate(server, options.socket, Number.parseInt(options.socketMode, 8))
        isListening = true
        faults.set('socket', undefined)
        log.info({ socket: options.socket, mode: options.socketMode, group: listening.group }, 'gate opened')
        do await wait(timers, FIND_MS, signal)
        while (!signal.aborted && (await listening.isFound()))
        isListening = false
        if (!signal.aborted) log.warn({ socket: options.socket }, 'socket of the gate was taken away, and is made again')
      } catch (error) {
        isListening = false
        faults.set('socket', error as Error)
        await wait(timers, LISTEN_AGAIN_MS, signal)
      }
    }
  }

  async function keepHaproxy(signal: AbortSignal): Promise<void> {
    const { socket, maps } = options.haproxy
    if (socket === '') return
    using wake = createLogWake([], timers)
    stirHaproxy = () => wake.stir()
    const { dir, strongest } = options
    const makeData = (): HostData => ({
      dir,
      socket,
      maps,
      fallback,
      strongest,
      maskingKey,
      tallyKey,
      mark: markNow(),
      flags: flags.live(),
      nowMs: clock.nowMs(),
    })
    await using host = openHaproxy(makeData)
    const stopped = new Promise<undefined>((resolve) =>
      signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    )
    let usesHeard = 0
    while (!signal.aborted) {
      const own = holder.grants?.usesSince(usesHeard)
      usesHeard = own?.change ?? 0
      const uses = (own?.uses ?? []).map(({ token, usedAtS }) => ({ token, usedAtMs: usedAtS * 1000 }))
      const order = { nowMs: clock.nowMs(), flags: freshFlags.splice(0), uses }
      // Long lists may take seconds: nobody waits for them at the end.
      const answer = await Promise.race([host.pass(order), stopped])
      if (answer === undefined) return
      faults.set('haproxy', answer.fault && new EdgeGateError(answer.fault.code, answer.fault.message))
      for (const { token, atMs } of answer.users) desk.userUses.use(token, atMs)
      for (const { token, usedAtMs } of answer.uses) holder.grants?.use(token, usedAtMs)
      for (const decisions of answer.decisions) await hearDecisions(decisions)
      if (monotonicMs() >= unjudgedUntilMs) faults.set('haproxy unjudged', undefined)
      await wake.wait(HAPROXY_MS, signal)
    }
  }

  /** Rows of four thousand kinds may wait there: some in each turn, as requests wait meanwhile. */
  async function hearDecisions({ rows, ...decisions }: ProxyDecisions): Promise<void> {
    desk.hear({ ...decisions, rows: [] })
    for (let from = 0; from < rows.length; from += PIECE_ROWS) {
      desk.hear({ ...decisions, passed: 0, refused: 0, rows: rows.slice(from, from + PIECE_ROWS) })
      await new Promise(setImmediate)
    }
    const { unlisted } = decisions
    if (unlisted > 0) log.warn({ unlisted }, 'HAProxy had no room for all that it decided')
    noteUnjudged(decisions)
  }

  /** Empty maps are so for the first moment of every start: what is told is that there were requests meanwhile. */
  function noteUnjudged({ unjudged: more, fault }: Pick<ProxyDecisions, 'unjudged' | 'fault'>): void {
    if (more === 0) return
    unjudged += more
    const isTold = monotonicMs() < unjudgedUntilMs && hasFailed === (fault !== '')
    hasFailed = fault !== ''
    unjudgedUntilMs = monotonicMs() + TELL_UNJUDGED_MS
    // The same words for as long as it lasts: each other one would be a line in the log.
    if (isTold) return
    const reason = hasFailed ? `its code failed: ${fault}` : 'its maps were empty, as after a start without watch'
    const words = `HAProxy could not judge some requests (gate.unjudged): ${reason}; its log says GATE_AWAY of them, and edgeward.cfg whether they went on`
    faults.set('haproxy unjudged', new EdgeGateError('GATE_HAPROXY_UNJUDGED', words))
  }

  /** A flag does not wait for the next turn. */
  let stirHaproxy: (() => void) | undefined
  const freshFlags: Flag[] = []
  const hearing = flags.listen((flag) => {
    holder.standings.takeFlag(flag)
    if (stirHaproxy === undefined) return
    freshFlags.push(flag)
    stirHaproxy()
  })
  for (const flag of flags.live()) holder.standings.takeFlag(flag)
  await look()
  return {
    holder,
    desk,
    book,
    tellsFacility: options.tellFacility !== false,
    status: () => ({
      isListening,
      policyVersion: holder.policyVersion,
      modes: holder.modes(clock.nowMs()),
      versions: handedOver.versions(),
      ...desk.counts,
      unjudged,
      flags: holder.standings.flags,
      verdicts: holder.standings.verdicts,
      pace: pace.read(),
      rehearsalRows: book.rows,
    }),
    faults: () => faults.all(),
    nowMs: () => clock.nowMs(),
    async run(signal) {
      using _hearing = hearing
      using _pace = pace
      using wake = createLogWake(
        HANDED_OVER.map((name) => join(options.dir, name)),
        timers,
      )
      const listening = Promise.all([listen(signal), keepHaproxy(signal)])
      while (!signal.aborted) {
        await wake.wait(FLOOR_MS, signal)
        if (!signal.aborted) await look()
      }
      await listening
      await save(clock.nowMs(), true)
      await handedOver[Symbol.asyncDispose]()
    },
  }
}

function openHere(folder: string, taken: Versions, taker: HandOverTaker): HandedOver {
  return createHandedOver(createFolderFiles(folder), taken, taker)
}

async function readFallback(file: string, onFault: (fault: EdgeGateError) => void): Promise<GatePolicy> {
  if (file === '') return DEFAULT_GATE_POLICY
  try {
    return parsePolicySource((await readRegular(file)).toString('utf8'))
  } catch (cause) {
    const reason = cause instanceof ConfigError ? cause.message.split('\n').join('; ') : String(cause)
    onFault(new EdgeGateError('GATE_POLICY_FILE', `Cannot use ${JSON.stringify(file)}: ${reason}`, { cause }))
    return DEFAULT_GATE_POLICY
  }
}

function missingPolicy({ dir, policyFile }: GateOptions): string {
  const holds = policyFile === '' ? 'the shipped default holds' : `${JSON.stringify(policyFile)} holds`
  return `${JSON.stringify(dir)} holds no policy.json that was taken: ${holds}`
}

function clockError(code: 'CLOCK_BACK' | 'CLOCK_AHEAD', nowMs: number, { mark }: GateHolder): EdgeGateError {
  const [now, latest] = [nowMs, code === 'CLOCK_BACK' ? mark.markMs : mark.signedMs].map((ms) => new Date(ms).toISOString())
  return code === 'CLOCK_BACK'
    ? new EdgeGateError(
        'GATE_CLOCK_BACK',
        `The clock of this host says ${now}, and it was ${latest} already: dates stay switched`,
      )
    : new EdgeGateError('GATE_CLOCK_AHEAD', `The clock of this host says ${now}, and the newest signature is of ${latest}`)
}
