// Every SeldonDeployment, a row each.

import { html, show, table, word } from "./dom.js";

const COLUMNS = ["Name", "State", "Pods ready", "Traffic", "Models", "Rollout"];
const ROLLOUTS = { Progressing: "busy", Paused: "busy", Promoted: "good", RolledBack: "bad" };

export const address = (of) => `#/${encodeURIComponent(of.namespace)}/${encodeURIComponent(of.name)}`;
export const state = (of) => (of.ready ? word("good", "Ready") : word(of.state === "Failed" ? "bad" : "busy", of.state === "Available" ? "Available, not Ready" : of.state));
export const phase = (name) => word(ROLLOUTS[name] ?? "busy", name);

function row(line, fresh) {
  const link = html("a", { href: address(line), "data-key": `${line.namespace}/${line.name}` }, line.name);
  const head = [link, html("span", { class: "muted small" }, ` ${line.namespace}`)];
  return { head, look: fresh ? "fresh" : null, cells: [state(line), line.pods, line.traffic, line.models, line.rollout && phase(line.rollout)] };
}

function wanted(line, filter) {
  const text = `${line.namespace}/${line.name} ${line.models}`.toLowerCase();
  return (!filter.unready || !line.ready || line.rollout === "Paused") && filter.text.toLowerCase().split(/\s+/).every((part) => text.includes(part));
}

function count(all, shown) {
  const unready = all.filter((line) => !line.ready).length;
  const some = shown.length === all.length ? `${all.length}` : `${shown.length} of ${all.length}`;
  return `${some} SeldonDeployment${all.length === 1 ? "" : "s"}, ${unready ? `${unready} not Ready` : "all Ready"}`;
}

// The tools stay as they are while rows come and go.
export function list(place, lines) {
  const filter = { text: "", unready: false };
  const rows = html("div"), said = html("p", { class: "muted", role: "status" });
  const drawn = (fresh) => {
    const all = [...lines().values()].sort((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`));
    const shown = all.filter((line) => wanted(line, filter));
    const text = all.length ? count(all, shown) : "There is no SeldonDeployment yet.";
    if (said.textContent !== text) said.textContent = text;
    const marked = (line) => row(line, fresh?.has(`${line.namespace}/${line.name}`));
    show(rows, () => [shown.length && table("SeldonDeployments", COLUMNS, shown.map(marked))]);
  };
  const text = html("input", { type: "search", placeholder: "name, namespace or model", "aria-label": "Filter", oninput: (event) => { filter.text = event.target.value; drawn(); } });
  const unready = html("input", { type: "checkbox", onchange: (event) => { filter.unready = event.target.checked; drawn(); } });
  place.replaceChildren(html("h1", { tabindex: -1 }, "SeldonDeployments"), html("div", { class: "tools" }, text, html("label", {}, unready, "what needs a look")), said, rows);
  drawn();
  return drawn;
}
