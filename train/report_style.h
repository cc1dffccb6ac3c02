// How report.html looks: on a screen, light or dark, wide or narrow, and on paper.
#pragma once

#include <string_view>

namespace tailor::train {

inline constexpr std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --sheet: #ffffff; --text: #1c2229; --soft: #57606a; --line: #d5dae0;
  --blue: #1d63c4; --orange: #b4500a; --hit: 29 99 196; --miss: 214 103 15; --bar: #a9c6ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161b; --sheet: #1b2129; --text: #e8ebef; --soft: #a3adb8; --line: #39424d;
    --blue: #82b4ff; --orange: #f2a65a; --hit: 74 140 235; --miss: 224 122 48; --bar: #35568a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.75rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--blue); }
code, pre { font: .875rem/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; background: var(--ground); padding: .75rem; border-radius: .4rem; }
section {
  background: var(--sheet); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1.25rem; margin: 1rem 0;
}
nav { margin-top: .75rem; }
nav a { display: inline-block; margin-right: 1rem; padding: .25rem 0; }
.soft, figcaption, caption { color: var(--soft); }
.notice { border-left: .25rem solid var(--orange); padding-left: .75rem; }
.short { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: flex-start; }
.short > div:first-child { flex: 0 0 auto; }
.short > ul { flex: 1 1 22rem; margin: .35rem 0 0; padding-left: 1.2rem; }
.short li { margin: .3rem 0; max-width: 42rem; }
.great { font-size: 3.4rem; line-height: 1.1; font-weight: 700; }
.charts { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
figure { margin: 0; }
figure svg { display: block; width: 100%; max-width: 32rem; height: auto; }
.legend span { white-space: nowrap; margin-right: 1rem; }
.legend i { display: inline-block; width: 1.6rem; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: .35rem; }
.legend i.training { border-color: var(--orange); border-top-style: dashed; }
.legend i.validation { border-color: var(--blue); }
.legend i.best { border-color: var(--soft); border-top: 2px dotted; }
svg text { fill: var(--soft); font: 13px system-ui, "Noto Sans", sans-serif; }
svg .grid { stroke: var(--line); }
svg .best { stroke: var(--soft); stroke-width: 2; stroke-dasharray: 2 4; }
svg .ideal { stroke: var(--orange); stroke-width: 2; stroke-dasharray: 6 4; }
svg .bar { fill: var(--blue); fill-opacity: .75; }
svg polyline { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
svg polyline.training { stroke: var(--orange); stroke-dasharray: 7 4; }
svg polyline.validation { stroke: var(--blue); }
svg circle.training { fill: var(--orange); }
svg circle.validation { fill: var(--blue); }
svg .hit { fill: rgb(var(--hit)); }
svg .miss { fill: rgb(var(--miss)); }
svg .ground { fill: var(--ground); }
.wide { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .35rem; }
th, td {
  padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: baseline; white-space: nowrap; overflow-wrap: normal;
}
th { font-weight: 600; }
thead th { color: var(--soft); font-size: .875rem; vertical-align: bottom; }
tbody th, .left { text-align: left; }
tbody th, tbody .left { min-width: 6.5rem; max-width: 22rem; white-space: normal; overflow-wrap: anywhere; }
tbody th { font-weight: 400; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 600; }
td.share::before {
  content: ""; float: left; width: 3.5rem; height: .65rem; margin: .45rem .6rem 0 0; border-radius: .15rem;
  background: linear-gradient(90deg, var(--bar) calc(var(--s) * 100%), var(--ground) 0);
}
.matrix th, .matrix td { padding: .25rem; border: 1px solid var(--line); }
.matrix td { min-width: 2.2rem; text-align: center; }
.matrix tbody th {
  position: sticky; left: 0; background: var(--sheet); padding-right: .6rem; max-width: 11rem;
  min-width: 4rem;
}
.matrix thead th { text-align: center; vertical-align: bottom; }
.matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 11rem; }
.few .matrix thead th span { writing-mode: horizontal-tb; transform: none; }
.few .matrix td { min-width: 4.5rem; padding: .6rem; }
.matrix .hit { background: rgb(var(--hit) / calc(var(--s) * .55)); }
.matrix .miss { background: rgb(var(--miss) / calc(.08 + var(--s) * .5)); }
.photos { display: grid; gap: 1.25rem 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.photos .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .25rem; }
.photos img { display: block; width: 100%; height: auto; aspect-ratio: 1; border-radius: .3rem; }
.photos figcaption { font-size: .875rem; line-height: 1.4; margin-top: .35rem; }
.photos b { color: var(--text); }
.heat { display: inline-block; width: 6rem; height: .7rem; border-radius: .2rem; vertical-align: middle;
  background: linear-gradient(90deg, #000004, #210c4a, #56106e, #89226a, #bb3754, #e35932, #f98c0a, #f9c932, #fcffa4); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: .5rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
summary { cursor: pointer; }
@media (max-width: 34rem) {
  section { padding: 1rem .85rem; border-radius: .4rem; }
  h1 { font-size: 1.5rem; }
  .great { font-size: 2.75rem; }
  svg text { font-size: 16px; }
  th, td { padding: .3rem .4rem; }
  tbody th, tbody .left { min-width: 4.5rem; }
  td.share::before { display: none; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
}
@media print {
  :root {
    --ground: #ffffff; --sheet: #ffffff; --text: #000000; --soft: #444444; --line: #bbbbbb;
    --blue: #1d63c4; --orange: #b4500a; --hit: 29 99 196; --miss: 214 103 15; --bar: #a9c6ee;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav { display: none; }
  header, main { max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin: 1.5rem 0; }
  h2, h3, caption { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  .wide { overflow: visible; }
}
)css";

}  // namespace tailor::train
