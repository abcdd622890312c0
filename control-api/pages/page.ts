import { type Html, html } from './html.ts'

/** Words of a page: Vietnamese first. */
export interface PageWords {
  readonly vi: string
  readonly en: string
}

export interface Page {
  readonly title: PageWords
  /** Where the style sheet lies. */
  readonly style: string
  readonly body: Html
  /** Above the title: where else one can go. */
  readonly nav?: Html | undefined
  readonly footer?: PageWords | undefined
  /** For tables; forms are narrow. */
  readonly isWide?: boolean | undefined
}

/** A whole page: no script, from 360 pixels on. */
export function pageHtml({ title, style, body, nav, footer, isWide = false }: Page): Html {
  return html`<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.vi}</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
${nav}<main${isWide ? html` class="wide"` : ''}>
<h1>${title.vi}</h1>
<p class="en" lang="en">${title.en}</p>
${body}
${footer === undefined ? '' : html`<footer><p>${footer.vi}</p><p class="en" lang="en">${footer.en}</p></footer>`}
</main>
</body>
</html>
`
}

/** A message above what it is about; a fault is read out at once. */
export function notice(kind: 'fault' | 'info' | 'good', { vi, en }: PageWords): Html {
  const role = kind === 'fault' ? 'alert' : 'status'
  return html`<div class="notice ${kind}" role="${role}"><p>${vi}</p><p class="en" lang="en">${en}</p></div>`
}

/** Both languages on one line. */
export function both({ vi, en }: PageWords): Html {
  return html`${vi} <span class="en" lang="en">${en}</span>`
}

export const PAGE_STYLE = `:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#f4f6f8}
main{max-width:30rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
main.wide{max-width:75rem}
h1{font-size:1.35rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.15rem;line-height:1.3;margin:1.5rem 0 .5rem}
.en{color:#555;font-size:.9rem}
label .en,legend .en{display:block;font-weight:400}
form{background:#fff;border:1px solid #c9d1d9;border-radius:.5rem;padding:1rem;margin:1rem 0}
main.wide form{max-width:40rem}
label,legend{display:block;font-weight:600}
fieldset{border:0;padding:0;margin:0 0 1rem}
fieldset label{font-weight:400;padding:.3rem 0}
input,select,textarea{width:100%;font:inherit;font-size:1.25rem;padding:.6rem;margin:.5rem 0 1rem;border:1px solid #57606a;border-radius:.3rem;background:#fff}
input[type=checkbox]{width:1.3rem;height:1.3rem;margin:0 .5rem 0 0;vertical-align:middle}
input[type=hidden]{display:none}
.hint{margin:.1rem 0 0;font-size:.9rem;color:#444}
.wrong{margin:.2rem 0 0;padding-left:.6rem;border-left:.3rem solid #b3261e;color:#8c1d18;font-weight:600}
.wrong .en,.hint .en{display:block;font-weight:400}
[aria-invalid]{border-color:#b3261e}fieldset[aria-invalid]{border-left:.3rem solid #b3261e;padding-left:.6rem}
input[type=file]{font-size:1rem}
button{width:100%;min-height:2.9rem;font-size:1.1rem;color:#fff;background:#0b57a4;border:0;border-radius:.3rem}
button.quiet{color:#1a1a1a;background:#fff;border:1px solid #57606a}
a,input,button,select,textarea,summary{outline-offset:2px}
:focus-visible{outline:3px solid #0b57a4}
.notice{border-left:.35rem solid;padding:.1rem .8rem;margin:1rem 0;background:#fff}
.fault{border-color:#b3261e}
.info{border-color:#8a6100}
.good{border-color:#1a7f37}
.steps{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:0;margin:.5rem 0;list-style-position:inside;color:#555}
.steps [aria-current]{font-weight:700;color:#0b57a4}
nav{background:#fff;border-bottom:1px solid #c9d1d9;padding:.5rem 1rem}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;margin:0;padding:0}
nav a{display:inline-block;padding:.5rem 0}
nav [aria-current]{font-weight:700}
.scroll{overflow-x:auto;background:#fff;border:1px solid #c9d1d9;border-radius:.5rem;margin:1rem 0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.5rem .7rem;border-bottom:1px solid #e3e7ec;overflow-wrap:normal}
td.number{text-align:right;font-variant-numeric:tabular-nums}
@media(max-width:40rem){table.cards thead{position:absolute;clip-path:inset(50%)}table.cards tr,table.cards td{display:block;border:0;padding:.15rem .7rem}
table.cards tr{border-bottom:1px solid #c9d1d9;padding:.6rem 0}table.cards td[data-label]::before{content:attr(data-label) ": ";color:#555}}
footer{margin-top:2rem;font-size:.9rem;color:#555}
th.number{text-align:right}
th .en,td .en,dt .en{display:block;font-weight:400}
.state{border-left:.35rem solid #57606a;background:#fff;padding:.4rem .8rem;margin:1rem 0}
.card{background:#fff;border:1px solid #c9d1d9;border-radius:.5rem;padding:.4rem 1rem 1rem;margin:1rem 0}
.card h2{margin:.6rem 0}
.todo{font-weight:600}
dl{display:grid;grid-template-columns:minmax(8rem,16rem) 1fr;gap:.4rem 1rem;margin:.6rem 0}
dt{color:#444}dd{margin:0}
dd ul{margin:0;padding-left:1.1rem}dd details{margin:.2rem 0 0}summary{padding:.3rem 0;cursor:pointer}
.plot{display:block;width:100%;height:7rem;border-bottom:1px solid #57606a;background:#fff}
.plot rect{fill:#2f6fab}.plot .was{fill:#b3261e}
.axis{display:flex;justify-content:space-between;font-size:.85rem}
figure{margin:1rem 0}figcaption{font-size:.9rem}
form.row{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end}form.row label{flex:1 1 9rem}form.row input{font-size:1rem;margin:.2rem 0 0}form.row button{width:auto;flex:0 0 auto;padding:0 1.2rem}
@media(max-width:40rem){table.cards thead{left:0;width:1px;height:1px;overflow:hidden}table.cards td.number{text-align:left}dl{grid-template-columns:1fr;gap:.1rem}dd{margin-bottom:.5rem}form.row button{flex:1 1 100%}}
@page{size:A4;margin:13mm 12mm}
@media print{html{font-size:9.5pt}details>*{display:block}body{background:#fff;line-height:1.35}nav,form,.screen{display:none}main,main.wide{max-width:none;padding:0}a{color:inherit;text-decoration:none}.scroll{overflow:visible;border:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}figure,tr,.state{break-inside:avoid}h2{break-after:avoid}.card{padding:.2rem .6rem .4rem;margin:.5rem 0}th,td{padding:.2rem .4rem}.plot{height:4rem}dl{grid-template-columns:12rem 1fr;gap:.1rem .8rem}}
`
