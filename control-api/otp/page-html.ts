import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, type PageWords, pageHtml } from '../pages/page.ts'
import type { GivenRight } from './otp-desk.ts'

/** What the page shows. */
export type PageView =
  | { readonly kind: 'ask'; readonly formToken: string; readonly isSmsUp: boolean; readonly fault?: PageWords }
  | {
      readonly kind: 'code'
      readonly formToken: string
      readonly requestId: string
      readonly minutes: number
      readonly isSmsUp: boolean
      readonly fault?: PageWords
    }
  | { readonly kind: 'done'; readonly right: GivenRight }
  /** Nothing is set up. */
  | { readonly kind: 'off' }

/** The page of one-time codes. */
export function otpPage(view: PageView): Html {
  return pageHtml({
    title: { vi: 'Mã OTP tra cứu lịch sử khám chữa bệnh', en: 'One-time code for looking up treatment histories' },
    style: '/otp/style.css',
    body: bodyOf(view),
    footer: {
      vi: 'Theo công văn 1232/BHXH-CNTT. Không đưa mã OTP cho bất kỳ ai.',
      en: 'By dispatch 1232/BHXH-CNTT. Give the code to nobody.',
    },
  })
}

function bodyOf(view: PageView): Html {
  if (view.kind === 'off')
    return notice('info', {
      vi: 'Chưa mở cấp mã OTP: Trung tâm CNTT chưa cấu hình cổng gửi SMS.',
      en: 'Codes are not given out yet: no SMS gateway is set up.',
    })
  if (view.kind === 'done') return doneHtml(view.right)
  const top = [
    view.fault === undefined ? undefined : notice('fault', view.fault),
    view.isSmsUp ? undefined : notice('info', SMS_DOWN),
  ]
  return view.kind === 'ask' ? html`${steps(1)}${top}${askForm(view.formToken)}` : html`${steps(2)}${top}${codeForm(view)}`
}

const SMS_DOWN: PageWords = {
  vi: 'Cổng gửi SMS đang gián đoạn, tin nhắn có thể đến chậm hoặc không đến.',
  en: 'The SMS gateway is interrupted; messages may be late or not come.',
}

function askForm(formToken: string): Html {
  return html`<form method="post" action="/otp">
<input type="hidden" name="form" value="${formToken}">
<label for="bhxh">Mã số BHXH của chính cán bộ (10 chữ số) <span class="en" lang="en">Your own BHXH number (ten digits)</span></label>
<input id="bhxh" name="bhxh" inputmode="numeric" autocomplete="off" maxlength="20" required pattern="[0-9 .\\-]{10,20}" autofocus>
<button>Lấy OTP <span lang="en">(get a code)</span></button>
</form>`
}

function codeForm({ formToken, requestId, minutes }: Extract<PageView, { kind: 'code' }>): Html {
  return html`<p>Nếu mã số BHXH có trong danh sách được duyệt của tỉnh, mã OTP đã được gửi tới số điện thoại đã đăng ký. Mã có hiệu lực ${minutes} phút.</p>
<p class="en" lang="en">If the number is on the province's approved list, a code was sent to the registered phone. It is valid for ${minutes} minutes.</p>
<form method="post" action="/otp/code">
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="request" value="${requestId}">
<label for="code">Mã OTP (6 chữ số) <span class="en" lang="en">Code (six digits)</span></label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required autofocus>
<button>Xác nhận <span lang="en">(confirm)</span></button>
</form>
<p><a href="/otp">Không nhận được? Lấy mã khác</a> <span class="en" lang="en">Nothing came? Ask again</span></p>`
}

function doneHtml({ grantedAtMs, idleEndsAtMs, endsAtMs }: GivenRight): Html {
  const minutes = Math.round((idleEndsAtMs - grantedAtMs) / 60_000)
  const [day = '', clock = ''] = portalTimeText(endsAtMs).split('T')
  const end = `${clock.slice(0, 5)} ngày ${day.split('-').reverse().join('/')}`
  return html`<div class="notice good" role="status"><p><strong>Đã xác nhận.</strong> Tài khoản của anh/chị được tra cứu lịch sử khám chữa bệnh.</p>
<p class="en" lang="en">Confirmed. Your account may look up treatment histories.</p></div>
<ul><li>Hết hiệu lực nếu ${minutes} phút không tra cứu. <span class="en" lang="en">It lapses after ${minutes} minutes without a look-up.</span></li>
<li>Muộn nhất đến ${end}. <span class="en" lang="en">At the latest at that time.</span></li></ul>
<p>Có thể đóng trang này. <span class="en" lang="en">You may close this page.</span></p>`
}

function steps(now: 1 | 2): Html {
  const step = (number: number, words: string) => html`<li${number === now ? html` aria-current="step"` : ''}>${words}</li>`
  return html`<ol class="steps">${step(1, 'Mã số BHXH')}${step(2, 'Mã OTP')}${step(3, 'Xong')}</ol>`
}
