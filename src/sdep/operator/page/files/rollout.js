// A rollout: where it is, what the analysis found, and what was decided.

import { actions } from "./actions.js";
import { clock, html, percent, section, table, word } from "./dom.js";
import { phase } from "./list.js";
import { bounds, course, interval, measured, number } from "./plots.js";

const VERDICTS = { Pass: ["good", "passes"], Fail: ["bad", "fails"], Inconclusive: ["busy", "not clear yet"], NoData: ["busy", "no data yet"] };
const UNITS = { errors: "points", refusals: "points", latency: "%", predictions: "%", split: "%" };
const SAID = { errors: "percentage points", refusals: "percentage points" };

function distance(found, unit) {
  if (measured(found) && !(found.metric in UNITS)) return `measured ${number(found.estimate)}`;
  const way = found.metric === "predictions" ? "apart by" : found.metric === "split" ? "off by" : found.estimate < 0 ? "better by" : "worse by";
  const size = found.metric === "split" ? found.estimate : Math.abs(found.estimate);
  return `${way} ${number(size)} ${SAID[found.metric] ?? unit} (${bounds(found)})`;
}

const share = (step) => (step.mirror ? `${percent(step.mirror)} mirrored` : `${percent(step.weight ?? 0)} of the traffic`);

function stepper(rollout, steps) {
  const of = (place) => {
    if (rollout.phase === "Promoted" || place < rollout.step) return ["done", "✔ done"];
    if (place > rollout.step) return ["", "to come"];
    if (rollout.phase === "RolledBack") return ["stopped", "✖ turned back here"];
    return ["now", rollout.phase === "Paused" ? "◌ paused here" : rollout.stepStartedAt ? "◌ now" : "◌ starting"];
  };
  return html("ol", { class: "steps", "aria-label": "Steps" }, steps.map((step, place) => {
    const [look, text] = of(place);
    return html("li", { class: look, "aria-current": look === "now" ? "step" : null }, html("strong", {}, `${place + 1}. ${share(step)}`),
      html("div", { class: "small muted" }, `at least ${step.duration}${step.approval === "Manual" ? ", then a person decides" : ""}`), html("div", { class: "small" }, text));
  }));
}

function finding(found, samples, rollout, now) {
  const [tone, text] = VERDICTS[found.verdict] ?? ["busy", found.verdict], unit = UNITS[found.metric] ?? "";
  const known = typeof found.estimate === "number";
  const told = { ...found, low: found.low ?? null, high: found.high ?? null, threshold: found.threshold ?? null };
  const points = samples.filter((sample) => sample.revision === rollout.revision && sample.step === rollout.step)
    .flatMap((sample) => sample.findings.filter((one) => one.metric === found.metric && one.estimate !== null).map((one) => ({ ...one, at: sample.at })));
  return html("li", {},
    html("div", { class: "row" }, html("h3", {}, found.metric), word(tone, text), found.dryRun ? html("span", { class: "tag muted" }, "dry run: decides nothing") : null,
      known ? html("span", { class: "small" }, distance(told, unit)) : null),
    html("p", { class: "small muted" }, found.message),
    known ? interval(told, tone, unit) : null,
    points.length > 1 ? html("details", { "data-key": `course-${found.metric}` }, html("summary", { class: "small" }, `${points.length} looks in this step`), course(points, tone, unit, now)) : null);
}

// A gate is asked before a step, a promotion or the start, until it opens.
function gate(one) {
  const open = Math.floor(one.code / 100) === 2;
  return html("li", {}, html("code", {}, one.name), " ", word(open ? "good" : "busy", open ? "open" : "closed"), html("span", { class: "small muted" }, ` ${one.code ? `${one.code} ` : "no answer "}${one.message} (${clock(one.at)})`));
}

const decision = (one) => ({ head: clock(one.at), cells: [one.by, one.what, one.why] });

export function rollout(detail, now, mayDecide) {
  const found = detail.view.rollout;
  if (!found) return null;
  const weight = found.mirror ? `${percent(found.mirror)} mirrored to it` : `${percent(found.weight)} of what both get`;
  return section("Rollout",
    html("div", { class: "card" },
      html("div", { class: "row" }, phase(found.phase), html("span", {}, `${found.canary} beside ${found.stable}`), html("span", { class: "muted" }, weight), found.reason && found.reason !== found.phase ? html("code", {}, found.reason) : null),
      html("p", {}, found.message),
      detail.steps.length ? stepper(found, detail.steps) : null,
      found.gates?.length ? html("ul", { "aria-label": "Gates" }, found.gates.map(gate)) : null,
      html("p", { class: "small muted" }, `Began ${clock(found.startedAt)}${found.finishedAt ? `, ended ${clock(found.finishedAt)}` : found.stepStartedAt ? `, this step ${clock(found.stepStartedAt)}` : ""}.`)),
    found.findings.length ? html("div", { class: "card" }, html("ul", { class: "findings", "aria-label": "Findings of this step" }, found.findings.map((one) => finding(one, detail.samples, found, now)))) : null,
    mayDecide ? actions(detail.view) : null,
    detail.decisions.length ? [html("h3", {}, "Decisions"), table("Decisions", ["when", "by", "what", "why"], detail.decisions.map(decision))] : null);
}
