// An inference graph from left to right, as requests go through it.

import { svg } from "./dom.js";

const WIDTH = 200, HEIGHT = 58, ACROSS = 44, DOWN = 14, LETTERS = { strong: 23, tiny: 27 };

function short(text, look) {
  const most = LETTERS[look.split(" ").pop()];
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

// Leaves get a line each; whoever calls them stands in their middle.
function placed(unit, depth, lines) {
  const children = (unit.children ?? []).map((child) => placed(child, depth + 1, lines));
  const line = children.length ? (children[0].line + children[children.length - 1].line) / 2 : lines.next++;
  return { unit, depth, line, children };
}

const all = (node) => [node, ...node.children.flatMap(all)];
const left = (node) => 1 + node.depth * (WIDTH + ACROSS);
const top = (node) => 1 + node.line * (HEIGHT + DOWN);

function edge(from, to) {
  const x1 = left(from) + WIDTH, y1 = top(from) + HEIGHT / 2, x2 = left(to), y2 = top(to) + HEIGHT / 2, middle = (x1 + x2) / 2;
  return svg("path", { class: "edge", d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` });
}

// AVERAGE_COMBINER says that it is a COMBINER.
const kind = ({ type, implementation }) => (!implementation || implementation.includes(type) ? implementation || type : `${type} · ${implementation}`);

function box(node, models) {
  const { unit } = node, model = models[unit.name] ?? unit.modelUri;
  const rows = [[unit.name, "strong"], [kind(unit), "muted tiny"], [model, "tiny"]].filter(([text]) => text);
  const start = top(node) + HEIGHT / 2 - (rows.length - 1) * 8 + 4;
  return svg("g", {}, svg("title", {}, rows.map(([text]) => text).join("\n")),
    svg("rect", { class: "box", x: left(node), y: top(node), width: WIDTH, height: HEIGHT, rx: 7 }),
    rows.map(([text, look], number) => svg("text", { class: look, x: left(node) + 10, y: start + 16 * number }, short(text, look))));
}

function told(node, models) {
  const { unit } = node, model = models[unit.name] ? ` with ${models[unit.name]}` : "";
  const calls = node.children.length ? `, calls ${node.children.map((child) => told(child, models)).join(" and ")}` : "";
  return `${unit.name} (${kind(unit)}${model})${calls}`;
}

export function graph(root, models, predictor) {
  const lines = { next: 0 }, tree = placed(root, 0, lines), nodes = all(tree);
  const width = Math.max(...nodes.map(left)) + WIDTH + 1, height = lines.next * (HEIGHT + DOWN) - DOWN + 2;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Graph of ${predictor}: ${told(tree, models)}` },
    nodes.flatMap((node) => node.children.map((child) => edge(node, child))), nodes.map((node) => box(node, models)));
}
