// An experiment: its arms side by side, what each metric says of each two of them, and which has won.

import { clock, html, section, table, word } from "./dom.js";
import { bounds, interval, number } from "./plots.js";

const PHASES = { Running: "busy", Decided: "good", Ended: "busy" };
const VERDICTS = { Better: ["good", "is better"], Worse: ["bad", "is worse"], Alike: ["good", "makes no difference"], Inconclusive: ["busy", "not clear yet"], NoData: ["busy", "no data yet"] };
const UNITS = { latency: "%", absoluteError: "%" };

const milliseconds = (seconds) => (typeof seconds === "number" ? `${number(1000 * seconds)} ms` : "");
const known = (arm) => arm.correct + arm.incorrect;

function row(arm) {
  return {
    head: [arm.name, html("div", { class: "code muted" }, arm.models.join(", "))],
    cells: [
      number(arm.requests), number(arm.errors), [arm.latencyP50, arm.latencyP90, arm.latencyP99].map(milliseconds).filter(Boolean).join(" / "),
      known(arm) ? `${number((100 * arm.correct) / known(arm))} % of ${number(known(arm))}` : "", typeof arm.medianError === "number" ? number(arm.medianError) : "",
      typeof arm.meanReward === "number" ? `${number(arm.meanReward)} of ${number(arm.rewards)}` : ""],
  };
}

function finding(found, goal) {
  const [tone, text] = VERDICTS[found.verdict] ?? ["busy", found.verdict], unit = UNITS[found.metric] ?? "points";
  const measured = typeof found.estimate === "number", low = found.low ?? null, high = found.high ?? null;
  return html("li", {},
    html("div", { class: "row" }, html("h3", {}, `${found.metric}: ${found.arm} beside ${found.reference}`), word(tone, text),
      found.metric === goal ? html("span", { class: "tag muted" }, "goal") : null,
      measured ? html("span", { class: "small" }, `${found.estimate < 0 ? "better" : "worse"} by ${number(Math.abs(found.estimate))} ${unit} (${bounds({ low, high })})`) : null),
    html("p", { class: "small muted" }, found.message),
    measured ? interval({ ...found, low, high, threshold: found.margin || null }, tone, unit) : null);
}

export function experiment(detail) {
  const found = detail.view.experiment;
  if (!found) return null;
  return section("Experiment",
    html("div", { class: "card" },
      html("div", { class: "row" }, word(PHASES[found.phase] ?? "busy", found.winner ? `${found.winner} wins` : found.phase), html("span", {}, `by ${found.goal}`), html("code", {}, found.reason)),
      html("p", {}, found.message),
      found.startedAt ? html("p", { class: "small muted" }, `Began ${clock(found.startedAt)}${found.finishedAt ? `, ended ${clock(found.finishedAt)}` : ""}.`) : null),
    found.arms.length ? table("Arms", ["arm", "requests", "errors", "50, 90 and 99 % took up to", "right", "median error", "mean reward"], found.arms.map(row)) : null,
    found.findings.length ? html("div", { class: "card" }, html("ul", { class: "findings", "aria-label": "What metrics say" }, found.findings.map((one) => finding(one, found.goal)))) : null);
}
