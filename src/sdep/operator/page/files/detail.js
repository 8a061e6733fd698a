// One SeldonDeployment whole.

import { clock, html, percent, scrolling, section, svg, table, word } from "./dom.js";
import { comparisons } from "./comparison.js";
import { drift } from "./drift.js";
import { experiment } from "./experiment.js";
import { explanations } from "./explanations.js";
import { graph } from "./graph.js";
import { state } from "./list.js";
import { key, weights } from "./plots.js";
import { rollout } from "./rollout.js";

const BAR = 200;

// What is routed is filled, what is asked for is a mark.
function bar(predictor, place) {
  const { asked, routed } = predictor;
  if (routed === null || routed === undefined) return html("p", { class: "muted small" }, "no weight yet");
  const verb = predictor.shadow ? "mirrored" : "routed";
  const text = asked === routed ? `${percent(routed)} ${verb}` : `${percent(asked)} asked, ${percent(routed)} ${verb}`;
  return html("div", { class: "row" },
    svg("svg", { width: BAR, height: 14, "aria-hidden": "true" }, svg("rect", { class: "track", width: BAR, height: 10, y: 2, rx: 4 }),
      routed ? svg("rect", { class: `f${place % 6}`, width: (BAR * Math.min(100, routed)) / 100, height: 10, y: 2, rx: 4 }) : null,
      asked === routed ? null : svg("line", { class: "asked", x1: Math.min(BAR - 1, (BAR * asked) / 100), x2: Math.min(BAR - 1, (BAR * asked) / 100), y1: 0, y2: 14 })),
    asked === routed ? html("span", {}, text) : word("busy", text));
}

function pod(one) {
  const tone = one.ready ? "good" : one.message ? "bad" : "busy";
  const restarts = one.restarts ? `, ${one.restarts} restart${one.restarts === 1 ? "" : "s"}` : "";
  return html("li", {}, html("code", {}, one.name), " ", word(tone, one.phase), html("span", { class: "small muted" }, ` ${one.readyContainers}/${one.containers} containers ready${restarts}`),
    one.message ? html("div", { class: "small bad" }, one.message) : null);
}

function deployment(one) {
  const wrong = one.message || one.pods.some((each) => each.message && !each.ready);
  const tone = one.available >= one.wanted ? "good" : wrong ? "bad" : "busy";
  return html("details", { "data-key": `deployment-${one.name}`, open: tone === "bad" },
    html("summary", {}, word(tone, `${one.available} of ${one.wanted} pods available`), " ", html("code", {}, one.name)),
    one.message ? html("p", { class: "bad small" }, `${one.reason}: ${one.message}`) : null,
    one.pods.length ? html("ul", { class: "small" }, one.pods.map(pod)) : html("p", { class: "muted small" }, "no pod is there"));
}

const label = (model) => (model.version ? `${model.name}/${model.version}` : model.uri);

function predictor(one, place, detail) {
  const models = Object.fromEntries(one.models.map((model) => [model.unit, label(model)]));
  const root = detail.graphs[one.name], trial = detail.view.rollout;
  const role = ["canary", "baseline"].find((part) => trial?.[part] === one.name) ?? (one.shadow ? "shadow" : "");
  return html("div", { class: "card" },
    html("div", { class: "row" }, html("h3", {}, one.name), role ? html("span", { class: "tag muted" }, role) : null), bar(one, place),
    root ? scrolling(`Graph of ${one.name}`, graph(root, models, one.name)) : null,
    one.deployments.map(deployment));
}

function overTime(detail, now) {
  const { samples, view } = detail;
  if (!samples.length) return null;
  const names = view.predictors.map((one) => one.name).filter((name) => samples.some((sample) => sample.weights.some((weight) => weight.predictor === name)));
  return section("Weights over time",
    html("div", { class: "card" }, weights(samples, names, now), html("ul", { class: "keys" }, names.map((name, place) => key(place, name)), html("li", { class: "muted" }, "dashed: asked, drawn through: routed")),
      html("p", { class: "small muted" }, `Since this operator began to watch, ${clock(detail.since)}. It keeps the last 500 changes, in memory.`)));
}

// Digests are cut: their beginning is what people compare.
function origin(made) {
  if (!made) return null;
  const image = made.image.includes("@sha256:") ? made.image.split("@").pop() : made.image;
  const parts = [
    made.commit ? `commit ${made.commit.slice(0, 12)}` : null,
    made.data.length ? `data ${made.data.map((one) => [one.name, one.digest].filter(Boolean).join("@")).join(", ")}` : null,
    image ? `image ${image.startsWith("sha256:") ? image.slice(0, 19) : image}` : null,
  ];
  const title = [made.commit, made.repository, made.image].filter(Boolean).join("\n");
  return html("div", { class: "small muted", title }, parts.filter(Boolean).join(" · "));
}

function served(unit) {
  const what = (entry) => html("div", {}, entry.version ? `${entry.name}/${entry.version}` : entry.artifactUri, " ", entry.number === 0 ? word(unit.held ? "busy" : "good", unit.held ? "held by a person" : "served now") : null, origin(entry.origin));
  return unit.entries.map((entry) => ({
    head: entry.number === 0 ? [unit.unit, html("div", { class: "code muted" }, unit.uri)] : html("span", { class: "muted" }, `${unit.unit}, before`),
    cells: [what(entry), clock(entry.since), clock(entry.until), entry.why],
  }));
}

// Each says why the one before it is so.
function chain(links) {
  const [link, ...rest] = links;
  return html("ol", { class: "chain" }, html("li", {}, html("span", {}, `${link.kind} `), html("code", {}, link.name), link.reason ? html("span", { class: "word" }, ` ${link.reason}`) : null, html("span", { class: "small" }, ` ${link.says}`), rest.length ? chain(rest) : null));
}

const explained = (said) => said.chain.length ? html("div", { class: "card" }, html("h3", {}, said.ready ? "Why its rollout stands still" : "Why it is not Ready"), chain(said.chain), said.advice ? html("p", {}, html("strong", {}, "To do: "), said.advice) : null) : null;

function conditions(view) {
  const row = (one) => ({ head: one.type, cells: [one.status, html("code", {}, one.reason), one.message] });
  return view.conditions.length ? section("Conditions", table("Conditions", ["condition", "is", "reason", "message"], view.conditions.map(row))) : null;
}

export function detailed(detail, now, mayDecide) {
  const { view } = detail;
  return [
    html("p", { class: "small" }, html("a", { href: "#/", "data-key": "back" }, "← all SeldonDeployments")),
    html("div", { class: "row" }, html("h1", { tabindex: -1, "data-key": "title" }, view.name), html("span", { class: "muted" }, view.namespace), state(view)),
    view.url ? html("p", { class: "small muted" }, html("code", {}, view.url)) : null,
    explained(detail.explanation),
    rollout(detail, now, mayDecide),
    experiment(detail),
    comparisons(detail),
    drift(detail, now),
    explanations(detail),
    section("Predictors", html("div", { class: "cards" }, view.predictors.map((one, place) => predictor(one, place, detail))),
      view.leftover.length ? html("div", { class: "card" }, html("h3", {}, "Of no predictor any more"), view.leftover.map(deployment)) : null),
    overTime(detail, now),
    detail.models.length ? section("Models", table("Models", ["unit", "model", "since", "until", "why it came"], detail.models.flatMap(served))) : null,
    conditions(view),
  ];
}
