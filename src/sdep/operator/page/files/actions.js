// Deciding on a rollout. The token is the reader's own; it lives in this page's memory and goes nowhere but to the operator.

import { html, word } from "./dom.js";

const VERBS = {
  promote: ["Promote this step", ["Progressing", "Paused"]],
  complete: ["Promote wholly", ["Progressing", "Paused"]],
  abort: ["Turn back", ["Progressing", "Paused"]],
  pause: ["Pause", ["Progressing"]],
  resume: ["Resume", ["Paused"]],
  retry: ["Try again", ["RolledBack"]],
};

let token = null, why = null, said = null;

async function tell(view, verb) {
  if (!token.value) { said.replaceChildren(word("bad", "Give a token first.")); token.focus(); return; }
  said.replaceChildren("…");
  try {
    const path = `api/sdeps/${encodeURIComponent(view.namespace)}/${encodeURIComponent(view.name)}/rollout`;
    const headers = { Authorization: `Bearer ${token.value.trim()}`, "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify({ verb, why: why.value }) });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${body.reason}: ${body.message}`);
    why.value = "";
    said.replaceChildren(word("good", `${body.by} told ${view.name} to ${verb}`));
  } catch (error) {
    said.replaceChildren(word("bad", error.message));
  }
}

// Fields are made once, so that what was typed outlives every drawing.
export function actions(view) {
  token ??= html("input", { type: "password", autocomplete: "off", "data-key": "token" });
  why ??= html("input", { type: "text", maxlength: 500, "data-key": "why" });
  said ??= html("p", { role: "status", class: "wrap" });
  const able = Object.entries(VERBS).filter(([, [, phases]]) => phases.includes(view.rollout.phase));
  if (!able.length) return null;
  return html("div", { class: "card", role: "group", "aria-label": "Decide" },
    html("h3", {}, "Decide"),
    html("div", { class: "tools" }, html("label", {}, "Token", token), html("label", {}, "Why", why)),
    html("div", { class: "tools" }, able.map(([verb, [label]]) => html("button", { type: "button", "data-key": `verb-${verb}`, onclick: () => tell(view, verb) }, label))),
    said,
    html("p", { class: "small muted" }, "A bearer token of yours that may patch this SeldonDeployment; it is forgotten when this page is closed."));
}
