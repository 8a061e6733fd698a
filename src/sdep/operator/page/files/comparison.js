// Shadows beside who answers the clients: what of both agrees, and how far the rest is apart.

import { clock, html, section, table, word } from "./dom.js";
import { number } from "./plots.js";

const share = (value) => `${number(100 * value)} %`;
const quantiles = (found, factor, unit) => [["5 %", found.p05], ["half", found.p50], ["95 %", found.p95], ["99 %", found.p99]].map(([name, value]) => `${name} up to ${number(factor * value)}${unit}`).join(", ");

// Only a difference that is beyond chance is said in words.
function tested(found, measure, more, less) {
  const test = found.tests.find((one) => one.measure === measure);
  if (!test) return "";
  if (test.pValue >= 0.05) return "no difference beyond chance";
  return `${test.more > test.less ? more : less} in ${number(Math.max(test.more, test.less))} of ${number(test.more + test.less)} that differ`;
}

function measures(found) {
  const rows = [{ head: "pairs of answers", cells: [`${number(found.pairs)}, ${number(found.compared)} of them can be compared`, `${number(found.alike)} are wholly alike`] }];
  if (found.delta) rows.push({ head: "numbers, shadow minus live", cells: [quantiles(found.delta, 1, ""), tested(found, "numbers", "greater", "smaller")] });
  if (found.slower) rows.push({ head: "time, shadow minus live", cells: [quantiles(found.slower, 1000, " ms"), tested(found, "latency", "slower", "faster")] });
  rows.push({ head: "failed", cells: [`shadow alone ${number(found.shadowFailed)}, live alone ${number(found.liveFailed)}, both ${number(found.bothFailed)}`, tested(found, "errors", "fails more", "fails less")] });
  rows.push({ head: "without a pair", cells: [`shadow alone ${number(found.shadowOnly)}, live alone ${number(found.liveOnly)}`, ""] });
  return rows;
}

const flip = (one) => ({ head: one.live, cells: [one.shadow, number(one.rows)] });

function compared(found) {
  const { agreement } = found;
  return html("div", { class: "card" },
    html("div", { class: "row" }, html("h3", {}, found.shadow), agreement ? html("span", {}, `${share(agreement.estimate)} agree (${share(agreement.low)} to ${share(agreement.high)})`) : word("busy", "nothing to compare yet")),
    html("p", { class: "small" }, found.message),
    table(`Measures of ${found.shadow}`, ["measure", "found", "beyond chance"], measures(found)),
    found.flips.length ? table(`Labels of ${found.shadow}`, ["clients got", "the shadow said", "rows"], found.flips.slice(0, 10).map(flip)) : null,
    html("p", { class: "small muted" }, `Since ${clock(found.since)}. The interval holds however often one looks.`));
}

export function comparisons(detail) {
  const found = detail.view.comparisons;
  return found.length ? section("Shadows", html("div", { class: "cards" }, found.map(compared))) : null;
}
