import { isIP } from 'node:net'
import { Value } from 'typebox/value'
import { GATE_REASON_CODES, type GateReason } from '../../rules/gate/gate-reason.ts'
import { FUNCTION_CLASSES } from '../../rules/gate/policy-options.ts'
import { MaskedAccount } from '../../rules/reports/masked-account.ts'
import type { FunctionClass } from '../../rules/requests/attributed-request.ts'
import { EdgeGateError } from '../gate/edge-gate-error.ts'

/** Requests of one day that are alike, and how often a rule refused them or would have. */
export interface DecidedRow {
  readonly reason: GateReason
  readonly would: number
  readonly refused: number
  readonly firstMs: number
  readonly lastMs: number
  /** Masked; `undefined` for nobody. */
  readonly account: string | undefined
  readonly facility: string | undefined
  readonly token: string | undefined
  readonly function: string
  readonly class: FunctionClass
  readonly source: string
  /** As the client sent it, one character for each byte. */
  readonly userAgent: string | undefined
}

/** What a proxy decided by itself since it was asked last. */
export interface ProxyDecisions {
  /** To be told with the next question: this was heard. */
  readonly name: string
  readonly passed: number
  readonly refused: number
  /** Reasons for which the proxy had no room. */
  readonly unlisted: number
  /** Requests that it could not judge: its maps were empty, or its code failed. What came of them its configuration says. */
  readonly unjudged: number
  /** Why its code failed last; empty where it did not. */
  readonly fault: string
  readonly rows: readonly DecidedRow[]
}

const HEAD = /^edgeward\t([0-9-]{1,40})\t([0-9]{1,15})\t([0-9]{1,15})\t([0-9]{1,15})\t([0-9]{1,15})\t([^\t]{0,200})$/
const REASONS: ReadonlySet<string> = new Set(GATE_REASON_CODES)
const CLASSES: ReadonlySet<string> = new Set(FUNCTION_CLASSES)
const COUNT = /^[0-9]{1,15}$/

/** Reads the answer to `show edgeward`. @throws EdgeGateError GATE_HAPROXY_REFUSED where it is another program's */
export function readDecisions(answer: string): ProxyDecisions {
  const [head = '', ...lines] = answer.replace(/\n+$/, '').split('\n')
  const [, name, passed, refused, unlisted, unjudged, fault = ''] = HEAD.exec(head) ?? []
  if (name === undefined)
    throw new EdgeGateError(
      'GATE_HAPROXY_REFUSED',
      `HAProxy does not tell what it decided; its edgeward-gate.lua is not the one that is shipped: ${head.slice(0, 200)}`,
    )
  const rows = lines.map(readRow)
  return {
    name,
    passed: Number(passed),
    refused: Number(refused),
    unjudged: Number(unjudged),
    fault,
    // What is not understood is not lost in silence.
    unlisted: Number(unlisted) + rows.filter((row) => row === undefined).length,
    rows: rows.filter((row) => row !== undefined),
  }
}

function readRow(line: string): DecidedRow | undefined {
  const [
    would = '',
    refused = '',
    first = '',
    last = '',
    reason = '',
    ,
    account = '',
    facility = '',
    token = '',
    called = '',
    kind = '',
    source = '',
    client = '',
  ] = line.split('\t')
  const isSound =
    [would, refused, first, last].every((text) => COUNT.test(text)) &&
    REASONS.has(reason) &&
    CLASSES.has(kind) &&
    Value.Check(MaskedAccount, account) &&
    /^(?:[0-9]{5})?$/.test(facility) &&
    /^(?:[a-p]{16})?$/.test(token) &&
    /^[0-9A-Za-z/]{1,64}$/.test(called) &&
    (source === '' || isIP(source) !== 0)
  if (!isSound) return undefined
  return {
    reason: reason as GateReason,
    would: Number(would),
    refused: Number(refused),
    firstMs: Number(first),
    lastMs: Number(last),
    account: account === '' ? undefined : account,
    facility: facility === '' ? undefined : facility,
    token: token === '' ? undefined : token,
    function: called,
    class: kind as FunctionClass,
    source,
    userAgent:
      client === ''
        ? undefined
        : client.replace(/%([0-9A-F]{2})/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16))),
  }
}
