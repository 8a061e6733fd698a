// Elements are made here and nowhere else. Text from the cluster only ever becomes a text node.

const SVG = "http://www.w3.org/2000/svg";

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const html = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) => filled(document.createElementNS(SVG, name), attributes, children);

// A symbol and a word: the colour only repeats what they say.
const SYMBOLS = { good: "✔", bad: "✖", busy: "◌" };
export const word = (tone, text) => html("span", { class: `word ${tone}` }, `${SYMBOLS[tone]} ${text}`);

export const percent = (value) => (value === null || value === undefined ? "?" : `${value} %`);

export function clock(at, withDate = true) {
  if (!at) return "";
  const date = new Date(at);
  return withDate ? date.toLocaleString() : date.toLocaleTimeString();
}

// What is scrolled sideways is reached by keyboard too.
export const scrolling = (label, ...children) => html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label, "data-key": `scroll ${label}` }, ...children);

// The first cell of a row is its head. On a narrow screen each row is a card in which cells name their column; the roles stay those of a table.
export function table(label, columns, rows) {
  const head = html("thead", { role: "rowgroup" }, html("tr", { role: "row" }, columns.map((name) => html("th", { role: "columnheader", scope: "col" }, name))));
  const cell = (content, place) => html("td", { role: "cell" }, content ? html("span", { class: "label", "aria-hidden": "true" }, columns[place + 1]) : null, content);
  const row = ({ head: first, cells, look }) => html("tr", { role: "row", class: look }, html("th", { role: "rowheader", scope: "row" }, first), cells.map(cell));
  return html("table", { role: "table", "aria-label": label }, head, html("tbody", { role: "rowgroup" }, rows.map(row)));
}

export function section(title, ...children) {
  const id = `section-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return html("section", { "aria-labelledby": id }, html("h2", { id }, title), ...children);
}

// Replaces what is shown and leaves the reader where they were: focus, caret, opened parts and sideways scrolling stay.
// `make` is called once that is noted: a field that is drawn again leaves the page, and the focus with it.
export function show(place, make) {
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  const focused = active?.dataset.key, caret = active?.selectionStart;
  const kept = new Map([...place.querySelectorAll("[data-key]")].map((old) => [old.dataset.key, { open: old.open, left: old.scrollLeft }]));
  place.replaceChildren(...make().flat().filter(Boolean));
  for (const made of place.querySelectorAll("[data-key]")) {
    const old = kept.get(made.dataset.key);
    if (old && made instanceof HTMLDetailsElement) made.open = old.open;
    if (old?.left) made.scrollTo({ left: old.left });
    if (made.dataset.key !== focused) continue;
    made.focus({ preventScroll: true });
    if (Number.isInteger(caret)) made.setSelectionRange(caret, caret);
  }
}
