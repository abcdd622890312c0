import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import type { GivenRight } from './otp-desk.ts'

/** What stands above the form. */
export interface PageMessage {
  readonly vi: string
  readonly en: string
}

/** What the page shows. */
export type PageView =
  | { readonly kind: 'ask'; readonly formToken: string; readonly isSmsUp: boolean; readonly fault?: PageMessage }
  | {
      readonly kind: 'code'
      readonly formToken: string
      readonly requestId: string
      readonly minutes: number
      readonly isSmsUp: boolean
      readonly fault?: PageMessage
    }
  | { readonly kind: 'done'; readonly right: GivenRight }
  /** Nothing is set up. */
  | { readonly kind: 'off' }

/** The page of one-time codes: no script, one column from 360 pixels on, Vietnamese first. Everything that comes from outside is escaped. */
export function otpPage(view: PageView): string {
  return `<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mã OTP tra cứu lịch sử khám chữa bệnh</title>
<link rel="stylesheet" href="/otp/style.css">
</head>
<body>
<main>
<h1>Mã OTP tra cứu lịch sử khám chữa bệnh</h1>
<p class="en" lang="en">One-time code for looking up treatment histories</p>
${bodyOf(view)}
<footer><p>Theo công văn 1232/BHXH-CNTT. Không đưa mã OTP cho bất kỳ ai.</p><p class="en" lang="en">By dispatch 1232/BHXH-CNTT. Give the code to nobody.</p></footer>
</main>
</body>
</html>
`
}

function bodyOf(view: PageView): string {
  if (view.kind === 'off')
    return notice('info', {
      vi: 'Chưa mở cấp mã OTP: Trung tâm CNTT chưa cấu hình cổng gửi SMS.',
      en: 'Codes are not given out yet: no SMS gateway is set up.',
    })
  if (view.kind === 'done') return doneHtml(view.right)
  const top = [view.fault === undefined ? '' : notice('fault', view.fault), view.isSmsUp ? '' : notice('info', SMS_DOWN)].join('')
  return view.kind === 'ask' ? `${steps(1)}${top}${askForm(view.formToken)}` : `${steps(2)}${top}${codeForm(view)}`
}

const SMS_DOWN: PageMessage = {
  vi: 'Cổng gửi SMS đang gián đoạn, tin nhắn có thể đến chậm hoặc không đến.',
  en: 'The SMS gateway is interrupted; messages may be late or not come.',
}

function askForm(formToken: string): string {
  return `<form method="post" action="/otp">
<input type="hidden" name="form" value="${escapeHtml(formToken)}">
<label for="bhxh">Mã số BHXH của chính cán bộ (10 chữ số) <span class="en" lang="en">Your own BHXH number (ten digits)</span></label>
<input id="bhxh" name="bhxh" inputmode="numeric" autocomplete="off" maxlength="20" required pattern="[0-9 .\\-]{10,20}" autofocus>
<button>Lấy OTP <span lang="en">(get a code)</span></button>
</form>`
}

function codeForm({ formToken, requestId, minutes }: Extract<PageView, { kind: 'code' }>): string {
  return `<p>Nếu mã số BHXH có trong danh sách được duyệt của tỉnh, mã OTP đã được gửi tới số điện thoại đã đăng ký. Mã có hiệu lực ${minutes} phút.</p>
<p class="en" lang="en">If the number is on the province's approved list, a code was sent to the registered phone. It is valid for ${minutes} minutes.</p>
<form method="post" action="/otp/code">
<input type="hidden" name="form" value="${escapeHtml(formToken)}">
<input type="hidden" name="request" value="${escapeHtml(requestId)}">
<label for="code">Mã OTP (6 chữ số) <span class="en" lang="en">Code (six digits)</span></label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required autofocus>
<button>Xác nhận <span lang="en">(confirm)</span></button>
</form>
<p><a href="/otp">Không nhận được? Lấy mã khác</a> <span class="en" lang="en">Nothing came? Ask again</span></p>`
}

function doneHtml({ endsAtMs }: GivenRight): string {
  const [day = '', clock = ''] = portalTimeText(endsAtMs).split('T')
  const end = `${clock.slice(0, 5)} ngày ${day.split('-').reverse().join('/')}`
  return `<div class="notice good" role="status"><p><strong>Đã xác nhận.</strong> Tài khoản của anh/chị được tra cứu lịch sử khám chữa bệnh.</p>
<p class="en" lang="en">Confirmed. Your account may look up treatment histories.</p></div>
<ul><li>Hết hiệu lực nếu 30 phút không tra cứu. <span class="en" lang="en">It lapses after 30 minutes without a look-up.</span></li>
<li>Muộn nhất đến ${end}. <span class="en" lang="en">At the latest at that time.</span></li></ul>
<p>Có thể đóng trang này. <span class="en" lang="en">You may close this page.</span></p>`
}

function steps(now: 1 | 2): string {
  const step = (number: number, words: string) => `<li${number === now ? ' aria-current="step"' : ''}>${words}</li>`
  return `<ol class="steps">${step(1, 'Mã số BHXH')}${step(2, 'Mã OTP')}${step(3, 'Xong')}</ol>`
}

function notice(kind: 'fault' | 'info', { vi, en }: PageMessage): string {
  const role = kind === 'fault' ? 'alert' : 'status'
  return `<div class="notice ${kind}" role="${role}"><p>${escapeHtml(vi)}</p><p class="en" lang="en">${escapeHtml(en)}</p></div>`
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`)
}

export const PAGE_STYLE = `:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#f4f6f8}
main{max-width:30rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.35rem;line-height:1.25;margin:.5rem 0}
.en{color:#555;font-size:.9rem}
label .en{display:block;font-weight:400}
form{background:#fff;border:1px solid #c9d1d9;border-radius:.5rem;padding:1rem;margin:1rem 0}
label{display:block;font-weight:600}
input{width:100%;font-size:1.25rem;padding:.6rem;margin:.5rem 0 1rem;border:1px solid #57606a;border-radius:.3rem}
button{width:100%;min-height:2.9rem;font-size:1.1rem;color:#fff;background:#0b57a4;border:0;border-radius:.3rem}
a,input,button{outline-offset:2px}
:focus-visible{outline:3px solid #0b57a4}
.notice{border-left:.35rem solid;padding:.1rem .8rem;margin:1rem 0;background:#fff}
.fault{border-color:#b3261e}
.info{border-color:#8a6100}
.good{border-color:#1a7f37}
.steps{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:0;margin:.5rem 0;list-style-position:inside;color:#555}
.steps [aria-current]{font-weight:700;color:#0b57a4}
footer{margin-top:2rem;font-size:.9rem;color:#555}
`
