import type { LightMyRequestResponse } from 'fastify'
import type { ControlApp } from '../../control-api/http/context.ts'

/** A browser that keeps cookies, follows where it is sent, and fills in forms. */
export interface ConsoleBrowser {
  get(url: string): Promise<LightMyRequestResponse>
  /** Sends the fields with the hidden ones that the page seen last has for this address. */
  submit(
    url: string,
    fields?: Readonly<Record<string, string | readonly string[]>>,
    headers?: object,
  ): Promise<LightMyRequestResponse>
  /** Sends a form with a file, as a browser does. */
  upload(
    url: string,
    fields: Readonly<Record<string, string>>,
    file: Uint8Array,
    headers?: object,
  ): Promise<LightMyRequestResponse>
  signIn(authorization: string): Promise<LightMyRequestResponse>
  readonly cookies: Map<string, string>
}

export function createConsoleBrowser(app: ControlApp): ConsoleBrowser {
  const cookies = new Map<string, string>()
  const seen = { page: '' }
  const take = async (answer: LightMyRequestResponse): Promise<LightMyRequestResponse> => {
    for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    if (answer.statusCode === 303) return browser.get(String(answer.headers.location))
    seen.page = answer.body
    return answer
  }
  const cookie = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const browser: ConsoleBrowser = {
    cookies,
    get: async (url) => take(await app.inject({ url, headers: { cookie: cookie() } })),
    async submit(url, fields = {}, headers = {}) {
      const form = seen.page.split('<form').find((part) => part.includes(`action="${url}"`)) ?? ''
      const sent = new URLSearchParams()
      for (const [, name = '', value = ''] of form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g))
        sent.append(name, value)
      for (const [name, value] of Object.entries(fields)) for (const each of [value].flat()) sent.append(name, each)
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      return take(
        await app.inject({ method: 'POST', url, headers: { ...type, cookie: cookie(), ...headers }, payload: sent.toString() }),
      )
    },
    async upload(url, fields, file, headers = {}) {
      const form = seen.page.split('<form').find((part) => part.includes(`action="${url}"`)) ?? ''
      const hidden = [...form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ])
      const end = '----edgeward-of-tests'
      const parts = [...hidden, ...Object.entries(fields)].map(
        ([name, value]) => `--${end}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      )
      const head = `--${end}\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\nContent-Type: application/octet-stream\r\n\r\n`
      const payload = Buffer.concat([Buffer.from(`${parts.join('')}${head}`), file, Buffer.from(`\r\n--${end}--\r\n`)])
      const type = { 'content-type': `multipart/form-data; boundary=${end}` }
      return take(await app.inject({ method: 'POST', url, headers: { ...type, cookie: cookie(), ...headers }, payload }))
    },
    async signIn(authorization) {
      await browser.get('/console/sign-in')
      return browser.submit('/console/sign-in', { token: authorization.replace('Bearer ', '') })
    },
  }
  return browser
}
