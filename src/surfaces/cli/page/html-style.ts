/** How a page of a session looks: light or dark as the reader has it, and readable on a phone. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#fbfaf8;--panel:#fff;--ink:#1d1c1a;--soft:#66625b;--line:#e2ded6;--accent:#2b5fab;--good:#1f7a42;--bad:#b3261e;--warn:#8a5a00;--add:#e4f4e8;--del:#fbe6e4;--mine:#eef3fb}
@media(prefers-color-scheme:dark){:root{--ground:#161514;--panel:#1e1d1b;--ink:#e9e6e0;--soft:#a29d93;--line:#34322e;--accent:#8ab4f8;--good:#6fcf8f;--bad:#f28b82;--warn:#e0b060;--add:#173222;--del:#3b1d1b;--mine:#1c2634}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:52rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
h2{font-size:1.15rem;margin:2.5rem 0 .25rem;padding-top:1rem;border-top:1px solid var(--line)}
a{color:var(--accent)}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:.5rem 0;padding:.6rem .75rem;background:var(--ground);border:1px solid var(--line);border-radius:6px;overflow-x:auto;white-space:pre-wrap;max-height:32rem;overflow-y:auto}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0 0 1rem}
dt{color:var(--soft)}dd{margin:0}
table{border-collapse:collapse;font-size:.9rem;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;white-space:nowrap}
.wide{overflow-x:auto}
.turns td:nth-child(2){min-width:12rem}
.turns td:nth-child(n+3){white-space:nowrap}
.when,.to,.figures{color:var(--soft);font-size:.85rem}
.badge{display:inline-block;padding:0 .5rem;border-radius:1rem;border:1px solid currentColor;font-size:.82rem;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.box{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem;margin:.75rem 0}
.box>p:first-child,.text>p:first-child{margin-top:0}.box>p:last-child,.text>p:last-child{margin-bottom:0}
.message{background:var(--mine)}
.message .text{white-space:pre-wrap}
.who{font-weight:600;margin-right:.5rem}
.note{color:var(--soft);font-size:.9rem;margin:.75rem 0}
blockquote{margin:.5rem 0;padding-left:.9rem;border-left:3px solid var(--line);color:var(--soft)}
details{background:var(--panel);border:1px solid var(--line);border-radius:8px;margin:.5rem 0}
summary{cursor:pointer;padding:.5rem 1rem}
summary .badge{float:right;margin-left:.5rem}
details>div{padding:0 1rem .75rem;border-top:1px solid var(--line)}
h3{font-size:.82rem;color:var(--soft);margin:.75rem 0 0;font-weight:600}
ul.steps{margin:.5rem 0;padding-left:1.1rem;font-size:.9rem}
.diff span{display:block;min-height:1.5em}
.add{background:var(--add)}.del{background:var(--del)}.hunk{color:var(--accent)}.file{font-weight:600}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.9rem}
@media(max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}main{padding:1rem .75rem 3rem}summary .badge{float:none;margin:0 .5rem 0 0}.turns td:nth-child(4){white-space:normal;min-width:9rem}}
@media print{pre{max-height:none}}
`.trim();
