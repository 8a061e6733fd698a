// Drift: of each watched predictor what the last whole window says, series by series, and how far the furthest was in each window.

import { clock, html, scrolling, section, table, word } from "./dom.js";
import { course, number } from "./plots.js";

const TONES = { NoDrift: "good", FeaturesDrifted: "bad", PredictionsDrifted: "bad", QualityDegraded: "bad" };
const TEXTS = { NoDrift: "no drift", FeaturesDrifted: "features have drifted", PredictionsDrifted: "predictions have drifted", QualityDegraded: "data quality is worse", ReferenceNotFound: "no reference data", Collecting: "collecting a window" };

const share = (value) => (value ? `${number(value)} %` : "");
const known = (value, unit = "") => (typeof value === "number" ? `${number(value)}${unit}` : "");

function row(found) {
  const bad = found.drifted || found.degraded;
  return {
    head: [found.name, html("span", { class: "tag muted" }, found.kind)],
    cells: [
      word(bad ? "bad" : "good", found.drifted ? "drifted" : found.degraded ? "degraded" : "as in the reference"),
      known(found.distance, " %"), typeof found.pValue === "number" ? found.pValue.toPrecision(2) : "", known(found.populationStability),
      share(found.missing), share(found.outOfRange), share(found.newCategories), known(found.outliers, " %")],
  };
}

function windows(state, tone, now) {
  const points = [...state.windows].reverse().map((one) => ({ at: one.at, estimate: one.distance, low: null, high: null, threshold: null }));
  const last = state.windows[0];
  return [
    course(points, tone, "%", now),
    html("p", { class: "small muted" }, `The furthest of each window; ${last.furthest} in the last one, of ${number(last.rows)} rows, ${clock(last.at)}.`)];
}

function predictor(state, now) {
  const tone = TONES[state.reason] ?? "busy";
  return html("div", { class: "card" },
    html("div", { class: "row" }, html("h3", {}, state.predictor), word(tone, TEXTS[state.reason] ?? state.reason), html("code", {}, state.reason)),
    html("p", { class: "small" }, state.message),
    state.windows.length ? windows(state, tone, now) : null,
    state.findings.length ? scrolling(`What ${state.predictor} sees`, table(`What ${state.predictor} sees`, ["series", "is", "distance", "p", "stability index", "missing", "out of range", "new", "outliers"], state.findings.map(row))) : null,
    html("p", { class: "small muted" }, `${number(state.rows)} rows in the window that began ${clock(state.since)}.`));
}

export function drift(detail, now) {
  return detail.drift.length ? section("Drift", html("div", {}, detail.drift.map((state) => predictor(state, now)))) : null;
}
