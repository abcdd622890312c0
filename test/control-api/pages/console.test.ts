import { describe, expect, it } from 'vitest'
import { createConsoleBrowser } from '../../support/console-browser.ts'
import { createControlAppSetup } from '../../support/control-app.ts'

describe('the console', () => {
  it('lets people in by their access token, and keeps it where no script, no other site and no reader of cookies gets it', async () => {
    const { app, as, logLines } = await createControlAppSetup()
    const browser = createConsoleBrowser(app)
    expect((await browser.get('/console')).body).toContain('Đăng nhập')
    const home = await browser.signIn(as.operator.authorization)
    expect([home.statusCode, home.body.includes('operator-1 (operator)')]).toEqual([200, true])
    const token = as.operator.authorization.replace('Bearer ', '')
    expect(JSON.stringify([...browser.cookies])).not.toContain(token)
    expect(logLines.join('')).not.toContain(token)
    const first = await app.inject({ url: '/console/sign-in', headers: { 'x-forwarded-proto': 'https' } })
    expect(String(first.headers['set-cookie'])).toMatch(/; Path=\/console; HttpOnly; SameSite=Strict; Secure$/)
    expect(first.headers['content-security-policy']).toContain("form-action 'self'")
    expect(home.body).not.toMatch(/<script| style=| on[a-z]+=/)
  })

  it('ends with the token, after eight hours, and by signing out', async () => {
    const { app, as, context, clock } = await createControlAppSetup()
    const isIn = async (browser: ReturnType<typeof createConsoleBrowser>) =>
      (await browser.get('/console')).body.includes('(operator)')
    const browser = createConsoleBrowser(app)
    await browser.signIn(as.operator.authorization)
    clock.moveBy(8 * 3_600_000 - 1)
    expect(await isIn(browser)).toBe(true)
    clock.moveBy(1)
    expect(await isIn(browser)).toBe(false)

    await browser.signIn(as.operator.authorization)
    await browser.submit('/console/sign-out')
    expect(await isIn(browser)).toBe(false)

    await browser.signIn(as.operator.authorization)
    await context.store.transact({ person: 'test', role: 'system' }, async (tx) => {
      await tx.db.updateTable('token').set({ revoked_at_ms: clock.nowMs() }).where('person', '=', 'operator-1').execute()
      await tx.audit({ action: 'token.revoke', target: 'token' })
    })
    expect(await isIn(browser)).toBe(false)
  })

  it('leads back to the page that was wanted, and to no other place', async () => {
    const { app, as } = await createControlAppSetup()
    const wanted = createConsoleBrowser(app)
    const token = as.operator.authorization.slice(7)
    await wanted.get('/console/users?facility=24001')
    expect((await wanted.submit('/console/sign-in', { token })).body).toContain('value="24001"')
    for (const to of ['//elsewhere.example', 'https://elsewhere.example', '/console/sign-out', '/console/..//x.example']) {
      const browser = createConsoleBrowser(app)
      await browser.get(`/console/sign-in?to=${encodeURIComponent(to)}`)
      expect((await browser.submit('/console/sign-in', { token, to })).body).toContain('Bảng điều khiển')
    }
  })

  it.each<[string, object]>([
    ['a form of another site', { 'sec-fetch-site': 'cross-site' }],
    ['one without cookie', { cookie: '' }],
  ])('signs nobody in by %s', async (_what, headers) => {
    const { app, as } = await createControlAppSetup()
    const browser = createConsoleBrowser(app)
    await browser.get('/console/sign-in')
    const answer = await browser.submit('/console/sign-in', { token: as.operator.authorization.slice(7) }, headers)
    expect([answer.statusCode, browser.cookies.has('edgeward_console')]).toEqual([403, false])
  })

  it('says of a wrong token, of one of the portal and of a made-up cookie only that one must sign in', async () => {
    const { app, as } = await createControlAppSetup()
    const browser = createConsoleBrowser(app)
    for (const token of ['Bearer ewp_nothing', as.portal.authorization]) {
      const answer = await browser.signIn(token)
      expect([answer.statusCode, answer.body.includes('role="alert"')]).toEqual([403, true])
    }
    browser.cookies.set('edgeward_console', Buffer.alloc(64, 7).toString('base64url'))
    expect((await browser.get('/console')).body).toContain('Đăng nhập')
  })
  it('says in words that an address leads nowhere, and to strangers only that one must sign in', async () => {
    const { app, as } = await createControlAppSetup()
    expect((await app.inject({ url: '/console/nothing' })).headers.location).toBe('/console/sign-in?to=%2Fconsole%2Fnothing')
    const browser = createConsoleBrowser(app)
    await browser.signIn(as.operator.authorization)
    const answer = await browser.get('/console/users/..%2f..%2fv1')
    expect([answer.statusCode, answer.body.includes('Không có trang này')]).toEqual([404, true])
  })
})
