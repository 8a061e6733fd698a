// Plots: an interval beside its threshold, and lines over time.

import { clock, html, svg } from "./dom.js";

// As wide as there is room for, so that letters keep their size.
const room = () => Math.max(240, Math.min(680, document.getElementById("main").clientWidth - 70));
const number = (value) => Number(value).toLocaleString(undefined, { maximumFractionDigits: Math.abs(value) < 10 ? 2 : Math.abs(value) < 1000 ? 1 : 0 });
export const bounds = (found) => `${found.low === null ? "unbounded" : number(found.low)} to ${found.high === null ? "unbounded" : number(found.high)}`;
export { number };

function range(values) {
  const known = values.filter((value) => typeof value === "number");
  const low = Math.min(0, ...known), high = Math.max(0, ...known), pad = (high - low || 1) * 0.08;
  return [low - pad, high + pad];
}

// Numbers on an axis: a few round ones.
function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(Math.abs(at) < step / 1e6 ? 0 : at);
  return found;
}

// What a query measured is a number without bounds.
export const measured = (found) => found.low === null && found.high === null;

// The estimate as a dot, its interval as a bar, what is allowed as a dashed line. A bound that is not known runs off the plot.
export function interval(found, tone, unit) {
  const width = room(), height = 62, left = 12, right = width - 12;
  const [low, high] = range([found.low, found.high, found.estimate, found.threshold]);
  const x = (value) => left + ((value - low) / (high - low)) * (right - left);
  const from = found.low === null ? left : x(found.low), to = found.high === null ? right : x(found.high);
  const known = measured(found) ? `measured ${number(found.estimate)}` : `estimate ${number(found.estimate)} ${unit}, between ${bounds(found)}`;
  const label = `${found.metric}: ${known}, allowed ${found.threshold === null ? "?" : number(found.threshold)}; ${found.verdict}`;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, role: "img", "aria-label": label },
    ticks(low, high, width / 90).map((at) => [svg("line", { class: at === 0 ? "zero" : "axis", x1: x(at), x2: x(at), y1: 8, y2: 42 }), svg("text", { class: "muted tiny", x: x(at), y: 57, "text-anchor": "middle" }, number(at))]),
    found.threshold === null ? null : [
      svg("line", { class: "threshold", x1: x(found.threshold), x2: x(found.threshold), y1: 4, y2: 44 }),
      svg("text", { class: "tiny", x: x(found.threshold) + (x(found.threshold) > width - 90 ? -5 : 5), y: 12, "text-anchor": x(found.threshold) > width - 90 ? "end" : "start" }, "allowed")],
    measured(found) ? null : [
      svg("line", { class: `interval ${tone}`, x1: from, x2: to, y1: 27, y2: 27 }),
      found.low === null ? svg("path", { class: tone, d: `M${left - 8} 27l8 -6v12z` }) : null,
      found.high === null ? svg("path", { class: tone, d: `M${right + 8} 27l-8 -6v12z` }) : null],
    svg("circle", { class: tone, cx: x(found.estimate), cy: 27, r: 6 }));
}

const seconds = (at) => new Date(at).getTime() / 1000;

// A value holds until the next one.
const stepped = (points, x, y) => points.map(([at, value], place) => (place ? `H${x(at)}V${y(value)}` : `M${x(at)} ${y(value)}`)).join("");

function frame(times, values, height, until, unit) {
  const width = room(), left = 44, right = width - 12, bottom = height - 22;
  const start = times[0], end = Math.max(until, start + 60), [low, high] = values;
  const x = (at) => left + ((at - start) / (end - start)) * (right - left);
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - 10);
  const axes = [
    ticks(low, high, 4).map((at) => [svg("line", { class: at === 0 ? "zero" : "axis", x1: left, x2: right, y1: y(at), y2: y(at) }), svg("text", { class: "muted tiny", x: left - 6, y: y(at) + 4, "text-anchor": "end" }, `${number(at)}${unit}`)]),
    svg("text", { class: "muted tiny", x: left, y: height - 5 }, clock(start * 1000, false)),
    svg("text", { class: "muted tiny", x: right, y: height - 5, "text-anchor": "end" }, clock(end * 1000, false)),
  ];
  return { x, y, end, axes, width };
}

export const key = (place, text) => html("li", {}, svg("svg", { width: 22, height: 8, "aria-hidden": "true" }, svg("line", { class: `series c${place % 6}`, x1: 0, x2: 22, y1: 4, y2: 4 })), text);

// Asked is dashed, routed is drawn through.
export function weights(samples, predictors, now) {
  const height = 170, times = samples.map((sample) => seconds(sample.at));
  const { x, y, end, axes, width } = frame(times, [0, 105], height, now, " %");
  const of = (sample, name) => sample.weights.find((weight) => weight.predictor === name);
  const line = (name, which) => {
    const points = samples.map((sample, place) => [times[place], of(sample, name)?.[which] ?? 0]);
    return stepped([...points, [end, points[points.length - 1][1]]], x, y);
  };
  const last = samples[samples.length - 1];
  const said = predictors.map((name) => `${name} asked ${of(last, name)?.asked ?? 0} %, routed ${of(last, name)?.routed ?? 0} %`).join("; ");
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, role: "img", "aria-label": `Weights over time, now: ${said}` }, axes,
    predictors.map((name, place) => [svg("path", { class: `series dashed c${place % 6}`, d: line(name, "asked") }), svg("path", { class: `series c${place % 6}`, d: line(name, "routed") })]));
}

// How an estimate and its interval closed in during a step.
export function course(points, tone, unit, now) {
  const height = 110, times = points.map((point) => seconds(point.at));
  const { x, y, end, axes, width } = frame(times, range(points.flatMap((point) => [point.low, point.high, point.estimate, point.threshold])), height, now, unit === "%" ? " %" : "");
  const whole = points.map((point, place) => ({ ...point, time: times[place] })).filter((point) => point.low !== null && point.high !== null);
  const edge = (which) => whole.map((point) => `${x(point.time)} ${y(point[which])}`);
  const threshold = points[points.length - 1].threshold;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, role: "img", "aria-label": `Course of the estimate over ${points.length} looks` }, axes,
    whole.length > 1 ? svg("path", { class: `band ${tone}`, d: `M${edge("low").join("L")}L${edge("high").reverse().join("L")}Z` }) : null,
    threshold === null ? null : svg("line", { class: "threshold", x1: x(times[0]), x2: x(end), y1: y(threshold), y2: y(threshold) }),
    points.map((point, place) => svg("circle", { class: tone, cx: x(times[place]), cy: y(point.estimate), r: 2.5 })));
}
