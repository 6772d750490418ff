const light = [
  "#eef4fa",
  "#d6e6f2",
  "#b3d1e8",
  "#85b7da",
  "#559bc9",
  "#2f7fb6",
  "#16639c",
  "#0b4a7b",
  "#06335a",
];
const dark = [
  "#12202d",
  "#15304a",
  "#194266",
  "#1d5682",
  "#2a6d9f",
  "#4186b8",
  "#65a2cd",
  "#93c1e0",
  "#c4def0",
];

function heat(colors: readonly string[], isDark: boolean): string {
  return colors
    .map((color, level) => {
      const text = level > 4 === isDark ? "#0d1620" : "#f7fafc";
      return `.heat${level}{fill:${color}}.plot text.heat${level}t{fill:${text}}`;
    })
    .join("");
}

// Blue, orange and grey of the Okabe-Ito palette: told apart with every common colour blindness.
/** The report's CSS. */
export const styleSheet: string = `
:root{--ink:#1b2733;--soft:#5a6875;--paper:#fff;--grid:#e3e8ed;--line:#0072b2;--band:#0072b226;
--band95:#0072b21f;--band80:#0072b23d;--hot:#d55e00;--card:#f5f7f9}
${heat(light, false)}
.empty{fill:var(--grid)}.emptyt{fill:none}
@media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--soft:#9aa8b5;--paper:#11171d;--grid:#27313b;
--line:#56b4e9;--band:#56b4e930;--band95:#56b4e926;--band80:#56b4e94d;--hot:#f0903f;--card:#1a222b}
${heat(dark, true)}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif}
header,main{max-width:920px;margin:0 auto;padding:0 20px}
header{padding-top:36px}h1{font-size:1.9rem;line-height:1.2;margin:0}
header p{color:var(--soft);margin:.4em 0 0}
h2{font-size:1.25rem;margin:2.2em 0 .5em;border-bottom:1px solid var(--grid);padding-bottom:.25em}
main{padding-bottom:60px}p{margin:.6em 0}ul{padding-left:1.2em}li{margin:.35em 0}
figure{margin:1.2em 0;break-inside:avoid}
figcaption{color:var(--soft);font-size:.88rem;margin-top:.2em}
.plot{width:100%;height:auto;display:block;overflow:visible}
.plot text{font:11px system-ui,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft)}
.plot text.name,.plot text.unit{fill:var(--ink)}.plot text.unit{font-weight:600}
.plot text.cell{font-size:10px}
.grid{stroke:var(--grid);fill:none}.mark{stroke:var(--soft)}
.line{stroke:var(--line);stroke-width:1.3;fill:none;stroke-linejoin:round}
.mean{stroke:var(--line);stroke-width:1.8;fill:none;stroke-dasharray:5 3}
.actual{stroke:var(--ink);stroke-width:1.2;fill:none}.issue{stroke:var(--soft);stroke-dasharray:2 3}
.band{fill:var(--band)}.band95{fill:var(--band95)}.band80{fill:var(--band80)}
.anomaly{fill:var(--hot);stroke:var(--paper);stroke-width:.8}.bar{fill:var(--line)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(136px,1fr));
gap:12px;margin:1.2em 0}
.figures div{background:var(--card);border-radius:8px;padding:12px;break-inside:avoid}
.figures strong{display:block;font-size:1.3rem;line-height:1.25;font-variant-numeric:tabular-nums}
.figures span{color:var(--soft);font-size:.86rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:5px 10px;text-align:left;border-bottom:1px solid var(--grid);white-space:nowrap}
th{color:var(--soft);font-weight:600;white-space:normal;vertical-align:bottom}
.n{text-align:right;font-variant-numeric:tabular-nums}
@media print{header,main{max-width:none}.scroll{overflow:visible}tr{break-inside:avoid}}
`;
