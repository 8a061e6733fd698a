// Which view is shown, and what is drawn again when something changed.

import { detailed } from "./detail.js";
import { clock, html, show } from "./dom.js";
import { list } from "./list.js";
import { ask, listen } from "./live.js";

const main = document.getElementById("main"), live = document.getElementById("live");
let lines = new Map(), drawn = null, mayDecide = false;
const keyOf = (of) => `${of.namespace}/${of.name}`;

function chosen() {
  const [, namespace, name] = location.hash.split("/").map(decodeURIComponent);
  return namespace && name ? { namespace, name } : null;
}

function missing(of, error) {
  const back = html("a", { href: "#/", "data-key": "back" }, "← all SeldonDeployments");
  return [html("p", {}, back), html("h1", { tabindex: -1, "data-key": "title" }, of.name), html("p", { role: "alert" }, `${error.reason ?? "NoAnswer"}: ${error.message}`)];
}

async function draw() {
  const of = chosen();
  if (!of) {
    document.title = "SeldonDeployments";
    if (drawn?.kind === "list") drawn.again();
    else drawn = { kind: "list", again: list(main, () => lines) };
    return;
  }
  let make;
  try {
    const found = await ask(`api/sdeps/${encodeURIComponent(of.namespace)}/${encodeURIComponent(of.name)}`);
    make = () => detailed(found, Date.now() / 1000, mayDecide);
  } catch (error) {
    make = () => missing(of, error);
  }
  if (!chosen() || keyOf(chosen()) !== keyOf(of)) return;
  document.title = `${of.name} · SeldonDeployments`;
  drawn = { kind: "detail" };
  show(main, make);
}

// One drawing at a time; what changes meanwhile is drawn after it.
let drawing = null, again = false;
async function drawUntilCalm() {
  do { again = false; await draw(); } while (again);
}
function redraw() {
  if (drawing) again = true;
  else drawing = drawUntilCalm().finally(() => { drawing = null; });
  return drawing;
}

async function everything() {
  try {
    const found = await ask("api/sdeps");
    lines = new Map(found.items.map((line) => [keyOf(line), line]));
    mayDecide = found.actions;
    live.textContent = "live";
    live.title = `this operator watches since ${clock(found.since)}`;
    await redraw();
  } catch {
    live.textContent = "not connected; trying again";
  }
}

function changed(event) {
  if (event.line) lines.set(keyOf(event), event.line);
  else lines.delete(keyOf(event));
  const of = chosen();
  if (of && keyOf(of) === keyOf(event)) redraw();
  else if (!of && drawn?.kind === "list") drawn.again(new Set([keyOf(event)]));
}

async function go() {
  drawn = null;
  await redraw();
  main.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
addEventListener("hashchange", go);
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
listen({ connected: everything, changed, broken: () => { live.textContent = "not connected; trying again"; } });
