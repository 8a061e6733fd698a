// Explanations: what each explainer says of an example row, as a picture that its own pod draws.
// As an image it can neither run nor load anything. It is asked for once while the same pods explain, however often the page is drawn again.

import { html, scrolling, section } from "./dom.js";
import { ask } from "./live.js";

const MOST = 50, AGAIN = 60000;
const shown = new Map();

const part = encodeURIComponent;
const sentence = (text) => html("p", { class: "small muted" }, text);

function picture(path, one) {
  const place = html("div", {}, sentence("The explainer is asked…"));
  const alt = `What the prediction of ${one.predictor} for an example row is made of, by ${one.type}`;
  const kept = { place, until: Infinity };
  const image = html("img", {
    alt, src: path,
    onload: () => place.replaceChildren(scrolling(`Explanation of ${one.predictor}`, image)),
    onerror: async () => {
      kept.until = Date.now() + AGAIN;
      const why = await ask(path).then(() => "it can not be shown", (error) => (error instanceof SyntaxError ? "it can not be read" : error.message));
      place.replaceChildren(sentence(`There is no picture: ${why}`));
    },
  });
  return kept;
}

function explained(detail, one) {
  const { namespace, name } = detail.view;
  if (!one.pods.length) return sentence("No pod of the explainer is ready.");
  const path = `api/sdeps/${part(namespace)}/${part(name)}/explanations/${part(one.predictor)}/${part(one.pods[0])}`;
  if (!shown.has(path) || shown.get(path).until < Date.now()) {
    if (shown.size >= MOST) shown.clear();
    shown.set(path, picture(path, one));
  }
  return shown.get(path).place;
}

const card = (detail, one) => html("div", { class: "card" }, html("div", { class: "row" }, html("h3", {}, one.predictor), html("span", { class: "tag muted" }, one.type)), explained(detail, one));

export function explanations(detail) {
  return detail.explainers.length ? section("Explanations", html("div", {}, detail.explainers.map((one) => card(detail, one)))) : null;
}
