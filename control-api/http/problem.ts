import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { PublicationError } from '../publication/publication-error.ts'
import { StoreError } from '../store/store-error.ts'
import { CONTROL_ERRORS, ControlError, type FieldFault } from './control-error.ts'

/** RFC 9457 with our members: `code` to branch on, all faulty fields at once, the detail in Vietnamese where an officer reads it. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:edgeward:problem:<code>' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    detailVi: Type.Optional(Type.String()),
    code: Type.String(),
    requestId: Type.String({ description: 'the same in the log' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String(), messageVi: Type.Optional(Type.String()) })),
    ),
    facts: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { title: 'Problem' },
)

export const PROBLEM_TYPE = 'application/problem+json'

/** Sends `error` as a problem; what is our own fault is logged with its cause and shown without it. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error)
  const { status, title } = CONTROL_ERRORS[refusal.code]
  if (status >= 500) request.log.error({ err: error, code: refusal.code }, 'request failed')
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  const { retryAfterS } = refusal.facts
  if (status === 503 || status === 429) reply.header('retry-after', typeof retryAfterS === 'number' ? String(retryAfterS) : '2')
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send({
      type: `urn:edgeward:problem:${refusal.code.toLowerCase().replaceAll('_', '-')}`,
      title,
      status,
      detail: refusal.message,
      ...(refusal.vi === undefined ? {} : { detailVi: refusal.vi }),
      code: refusal.code,
      requestId: request.id,
      ...(refusal.errors.length === 0
        ? {}
        : {
            errors: refusal.errors.map(({ path, message, vi }) => ({
              path,
              message,
              ...(vi === undefined ? {} : { messageVi: vi }),
            })),
          }),
      ...(Object.keys(refusal.facts).length === 0 ? {} : { facts: refusal.facts }),
    })
}

/** What of `error` the caller may know. */
export function refusalOf(error: unknown): ControlError {
  if (error instanceof ControlError) return error
  if (error instanceof StoreError) return storeRefusal(error)
  if (error instanceof PublicationError && error.code === 'LOCKED') return new ControlError('BUSY', error.message)
  return findFastifyRefusal(error) ?? new ControlError('INTERNAL', 'The log tells more under this request id.')
}

function storeRefusal(error: StoreError): ControlError {
  if (error.code === 'BUSY') return new ControlError('BUSY', 'The database is busy; nothing was changed. Try again.')
  if (error.code === 'FULL') return new ControlError('STORAGE_FULL', 'The database is full; nothing was changed.')
  return new ControlError('INTERNAL', 'The database failed; nothing was changed. The log tells more under this request id.')
}

/** Fastify's own refusals, by its codes. https://fastify.dev/docs/latest/Reference/Errors/ */
function findFastifyRefusal(error: unknown): ControlError | undefined {
  if (!(error instanceof Error)) return undefined
  const faults = findFieldFaults(error)
  if (faults !== undefined) {
    return new ControlError(
      'BAD_FIELDS',
      `${faults.length} ${faults.length === 1 ? 'field is' : 'fields are'} missing or wrong.`,
      {
        vi: `${faults.length} trường bị thiếu hoặc sai.`,
        errors: faults,
      },
    )
  }
  const code = 'code' in error ? error.code : undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new ControlError('TOO_LARGE', 'The body is larger than this path takes.')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new ControlError('WRONG_TYPE', 'This path takes application/json.')
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status === 413) return new ControlError('TOO_LARGE', 'The body is larger than this path takes.')
  if (status === 415) return new ControlError('WRONG_TYPE', 'This path does not take that media type.')
  if (status === 404) return new ControlError('NOT_FOUND', 'There is nothing at this path.')
  if (status === 503) return new ControlError('BUSY', 'The service is stopping or overloaded. Try again.')
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new ControlError('BAD_REQUEST', 'The body cannot be read.')
  return undefined
}

/** The faults that `validateFields` put on the error. */
function findFieldFaults(error: Error): readonly FieldFault[] | undefined {
  if (!('validation' in error) || !Array.isArray(error.validation)) return undefined
  const part = 'validationContext' in error ? String(error.validationContext) : 'body'
  return error.validation.map((fault: { instancePath?: string; message?: string }) => ({
    path: `/${part}${fault.instancePath ?? ''}`,
    message: fault.message ?? 'is wrong',
  }))
}
