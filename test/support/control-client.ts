/** Asks the control API as one person. */
export interface ControlClient {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
}

/** A refusal of the control API (RFC 9457). */
export class ControlRefusal extends Error {
  override readonly name = 'ControlRefusal'
  readonly status: number
  readonly problem: Readonly<Record<string, unknown>>
  constructor(status: number, problem: Readonly<Record<string, unknown>>, what: string) {
    super(`${what}: ${status} ${JSON.stringify(problem)}`)
    this.status = status
    this.problem = problem
  }
}

/** @throws ControlRefusal for every answer but 2xx */
export function createControlClient(baseUrl: string, token: string): ControlClient {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(new URL(path, baseUrl), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const value: unknown = text === '' ? null : JSON.parse(text)
    if (!answer.ok) throw new ControlRefusal(answer.status, (value ?? {}) as Record<string, unknown>, `${method} ${path}`)
    return value as T
  }
  return {
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
  }
}
