import { createHash } from 'node:crypto'
import { Html, html } from '../status/html.ts'

const STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 22%,transparent);--good:#16743a;--bad:#b3261e;--wait:#8a5a00;--bar:#2f6fab}
@media (prefers-color-scheme:dark){:root{--good:#6fd08f;--bad:#ff9a90;--wait:#f1be5b;--bar:#7db4e6}}
*{box-sizing:border-box}
body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem}
h1{font-size:1.35rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .4rem;border-bottom:2px solid var(--line);padding-bottom:.2rem}h3{font-size:1rem;margin:0}
p{margin:.35rem 0}small,[lang=en]{opacity:.74}[lang=en]{font-size:.86em}
.state{border-left:.4rem solid;padding:.2rem .8rem;margin:1rem 0}
.good{border-color:var(--good)}.bad{border-color:var(--bad)}.wait{border-color:var(--wait)}
dl{display:grid;grid-template-columns:minmax(8rem,17rem) 1fr;gap:.3rem 1rem;margin:0}
dt{opacity:.85}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th [lang=en],td [lang=en]{display:block}th [lang=en]{font-weight:400}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n,td.w{white-space:nowrap}
tfoot td{font-weight:600}
code{font-size:.9em;overflow-wrap:anywhere}td code{white-space:nowrap}
.case{border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem;margin:.8rem 0}
.case ol{margin:.5rem 0;padding-left:1.3rem}.case li{margin:.5rem 0}
figure{margin:.7rem 0}figcaption{font-size:.88em}
.time{display:block;width:100%;height:7rem;border-bottom:1px solid currentColor;background:linear-gradient(var(--line) 1px,transparent 1px) 0 0/100% 25%}
.axis{display:flex;justify-content:space-between;font-size:.8em;font-variant-numeric:tabular-nums}
.bar{fill:var(--bar)}.was{fill:var(--bad)}.suspend{stroke:var(--bad)}.throttle{stroke:var(--wait)}.watch{stroke:var(--wait)}.release{stroke:var(--good)}
.mark{stroke-width:2;vector-effect:non-scaling-stroke}.watch,.release{stroke-dasharray:5 4}
.key::before{content:"▏";font-weight:900}.k-suspend::before{color:var(--bad)}.k-throttle::before,.k-watch::before{color:var(--wait)}.k-release::before{color:var(--good)}
.persons{display:block;width:100%;max-width:36rem;font:13px system-ui,sans-serif}
.persons text{fill:currentColor}.persons .grid{stroke:currentColor;opacity:.18}.persons .same{stroke:currentColor;opacity:.6;stroke-dasharray:4 4}
.dot{fill:var(--bar);opacity:.6}.dot.hot{fill:var(--bad);opacity:1}
@media (max-width:30rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}body{padding:.8rem}.case{padding:.6rem}table{font-size:.88em}th,td{padding-right:.45rem}}
@page{size:A4;margin:13mm 12mm}
@media print{:root{color-scheme:light;--good:#16743a;--bad:#b3261e;--wait:#8a5a00;--bar:#2f6fab}body{font-size:9.5pt;line-height:1.35;max-width:none;padding:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.scroll{overflow:visible}figure,tr,dl,.case header,.case li,.state{break-inside:avoid}h2,h3,.case header{break-after:avoid}thead{display:table-header-group}tfoot{display:table-row-group}p{orphans:3;widows:3}.time{height:4rem}.persons{max-width:25rem}dl{grid-template-columns:20rem 1fr;gap:.1rem 1rem}.case{padding:.4rem .7rem;margin:.6rem 0}.case li{margin:.3rem 0}figure{margin:.4rem 0}}
`

/** The page's style, and a policy that allows nothing else: no script, no picture, no network. */
export const REPORT_HEAD = html`<meta http-equiv="Content-Security-Policy" content="${[
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')}">${Html.constant(`<style>${STYLE}</style>`)}`
