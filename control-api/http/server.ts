import { createServer as createPlainServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { Counter, Histogram } from 'prom-client'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { authenticate, pathOf } from '../access/authenticate.ts'
import { registerTokenRoutes } from '../access/token-routes.ts'
import { registerAgentRoutes } from '../agents/agent-routes.ts'
import { registerAuditRoutes } from '../audit/audit-routes.ts'
import { registerEventRoutes } from '../events/event-routes.ts'
import { registerFleetRoutes } from '../fleet/fleet-routes.ts'
import { registerImportRoutes } from '../imports/import-routes.ts'
import { registerOfficerRoutes } from '../otp/officer-routes.ts'
import { registerOfficersArea } from '../otp/officers-area.ts'
import { registerOtpRoutes } from '../otp/otp-routes.ts'
import { registerOtpPage } from '../otp/page-routes.ts'
import { registerConsole } from '../pages/console.ts'
import { registerRevisionRoutes } from '../publication/revision-routes.ts'
import { registerTufRoutes } from '../publication/tuf-routes.ts'
import { registerRegistrationRoutes } from '../registrations/registration-routes.ts'
import { registerPolicyRehearsalRoutes } from '../rehearsal/policy-rehearsal-routes.ts'
import { registerRehearsalArea } from '../rehearsal/rehearsal-area.ts'
import { registerRehearsalRoutes } from '../rehearsal/rehearsal-routes.ts'
import { registerReportRoutes } from '../reports/report-routes.ts'
import { registerReceiptRoutes } from '../sms/receipt-routes.ts'
import { registerApproverRoutes } from '../users/approver-routes.ts'
import { registerUserRoutes } from '../users/user-routes.ts'
import { registerUsersArea } from '../users/users-area.ts'
import { ACTOR, anyone, findActor } from './access.ts'
import type { ControlApp, ControlContext } from './context.ts'
import { ControlError } from './control-error.ts'
import { describeApi } from './describe-api.ts'
import { registerHealthRoutes } from './health-routes.ts'
import { sendProblem } from './problem.ts'
import { createRoutePatterns } from './route-patterns.ts'
import { trackConnections } from './track-connections.ts'
import { validateFields } from './validate-fields.ts'

/** Keys of a TLS server, PEM. */
export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Longest that a client may take to send its request: slow ones must not hold connections. */
const REQUEST_TIMEOUT_MS = 30_000

/** The control API with all its routes, ready to listen or to be injected into. Closing it ends open event streams. */
export async function createControlServer(context: ControlContext, tls?: TlsFiles): Promise<ControlApp> {
  const { config, log } = context
  const app: ControlApp = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.server.maxBodyBytes,
    genReqId: () => Buffer.from(context.randomBytes(8)).toString('hex'),
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    serverFactory: (handler) => {
      const server = tls === undefined ? createPlainServer(handler) : createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, handler)
      return Object.assign(server, { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 75_000 })
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  const connections = trackConnections(app.server)
  const patterns = createRoutePatterns()
  app.removeContentTypeParser('text/plain')
  app.decorateRequest(ACTOR, null)
  app.setValidatorCompiler(validateFields)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(missingRoute(request, reply, patterns.methodsOf(pathOf(request.url))), request, reply),
  )
  app.addHook('onRequest', setHeaders)
  app.addHook('onRequest', authenticate(context))
  app.addHook('onResponse', createAnswerLog(context))
  app.addHook('preClose', async () => connections.closeSilent())

  await describeApi(app, patterns)
  registerHealthRoutes(app, context)
  registerTokenRoutes(app, context)
  registerRegistrationRoutes(app, context)
  registerAuditRoutes(app, context)
  registerAgentRoutes(app, context)
  registerReportRoutes(app, context)
  registerFleetRoutes(app, context)
  registerRehearsalRoutes(app, context)
  registerPolicyRehearsalRoutes(app, context)
  registerOfficerRoutes(app, context)
  registerOtpRoutes(app, context)
  registerOtpPage(app, context)
  registerReceiptRoutes(app, context)
  registerEventRoutes(app, context)
  registerTufRoutes(app, context)
  registerRevisionRoutes(app, context)
  registerImportRoutes(app, context)
  registerUserRoutes(app, context)
  registerApproverRoutes(app, context)
  registerConsole(app, context, [registerUsersArea, registerOfficersArea, registerRehearsalArea])
  app.get('/openapi.json', { onRequest: anyone, schema: { hide: true } }, async () => app.swagger())
  return app
}

async function setHeaders(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.headers({
    'x-request-id': request.id,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
  })
}

function missingRoute(request: FastifyRequest, reply: FastifyReply, methods: readonly string[]): ControlError {
  if (methods.length === 0) return new ControlError('NOT_FOUND', 'There is nothing at this path.')
  reply.header('allow', methods.join(', '))
  return new ControlError('METHOD_NOT_ALLOWED', `This path takes ${methods.join(', ')}, not ${request.method}.`)
}

/** One log line and one count for each answer. Of the URL only the path is told, without long numbers: secrets stand in queries. */
function createAnswerLog({ metrics }: ControlContext): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const labelNames = ['method', 'route', 'status'] as const
  const answered = new Counter({
    name: 'edgeward_control_requests_total',
    help: 'Requests answered.',
    labelNames,
    registers: [metrics],
  })
  const seconds = new Histogram({
    name: 'edgeward_control_request_seconds',
    help: 'Time from request to answer.',
    labelNames: ['route'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [metrics],
  })
  return async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    answered.inc({ method: request.method, route, status: reply.statusCode })
    seconds.observe({ route }, reply.elapsedTime / 1000)
    const actor = findActor(request)
    request.log.info(
      {
        method: request.method,
        path: hideIdentifiers(pathOf(request.url)).slice(0, 200),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        ...(actor === null ? {} : { person: actor.person, role: actor.role }),
      },
      'request answered',
    )
  }
}
