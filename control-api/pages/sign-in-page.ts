import { type Html, html } from './html.ts'
import { notice, type PageWords, pageHtml } from './page.ts'

export interface SignInView {
  /** Folder of the pages: `/console`. */
  readonly path: string
  /** What the form is sent to: the sign-in, or what somebody sent when his time was over. */
  readonly action: string
  /** Hidden field by which it is known that the form is ours. */
  readonly formField: Html
  /** What is wrong with the token that was typed. */
  readonly fault?: PageWords | undefined
  /** Why one must sign in. */
  readonly info?: PageWords | undefined
  /** What was typed before, and where one wanted to go. */
  readonly kept?: readonly (readonly [string, string])[] | undefined
}

/** The page on which people enter their access token. */
export function signInPage({ path, action, formField, fault, info, kept = [] }: SignInView): Html {
  const hidden = kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)
  return pageHtml({
    title: { vi: 'Đăng nhập bảng điều khiển', en: 'Sign in to the console' },
    style: `${path}/style.css`,
    body: html`${info === undefined ? '' : notice('info', info)}<form method="post" action="${action}">
${formField}
${hidden}<label for="token">Mã truy cập cá nhân <span class="en" lang="en">Your access token</span></label>
${fault === undefined ? '' : html`<p class="wrong" id="token-wrong" role="alert">${fault.vi} <span class="en" lang="en">${fault.en}</span></p>`}
<input id="token" name="token" type="password" autocomplete="current-password" maxlength="100" required autofocus${fault === undefined ? '' : html` aria-invalid="true" aria-describedby="token-wrong"`}>
<button>Đăng nhập <span lang="en">(sign in)</span></button>
</form>`,
    footer: { vi: 'Trung tâm CNTT cấp mã truy cập cho từng người.', en: 'Central IT makes an access token for each person.' },
  })
}

export const WRONG_TOKEN: PageWords = {
  vi: 'Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi.',
  en: 'The access token is wrong, has expired or was revoked.',
}

export const SIGNED_OUT: PageWords = {
  vi: 'Phiên làm việc đã hết. Hãy đăng nhập lại; những gì đã nhập được giữ lại, trừ số CCCD.',
  en: 'You were signed out. Sign in again; what you typed is kept, but for citizen IDs.',
}

export const SIGNED_IN_AGAIN: PageWords = {
  vi: 'Đã đăng nhập lại. Biểu mẫu chưa được gửi: hãy kiểm tra, nhập lại số CCCD nếu có, rồi gửi.',
  en: 'You are signed in again. The form was not sent yet: check it, and send it.',
}
