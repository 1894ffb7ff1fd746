"use strict";

// The sequence diagram, which is the list of events at the same time: one row
// for each packet and note. Only the rows in sight are in the document.

const COLUMNS_MAX = 8, ARROWS_MAX = 500, TIMES_WIDTH = 188, PRINT_ROWS_MAX = 400;
const ladder = { columns: new Map(), heads: [], width: 0, textWidth: 0, ends: [], printing: false };

// layOut places the life lines for the rows there are: the hosts of the
// packets, the least busy of which share one line if they are too many.
function layOut() {
  const count = new Map();
  for (const r of rows) {
    if (!r.packet) continue;
    for (const h of [r.packet.from, r.packet.to]) if (h >= 0) count.set(h, (count.get(h) || 0) + 1);
  }
  let hosts = [...count.keys()];
  let others = [];
  if (hosts.length > COLUMNS_MAX) {
    hosts.sort((a, b) => count.get(b) - count.get(a) || a - b);
    others = hosts.splice(COLUMNS_MAX - 1);
  }
  hosts.sort((a, b) => a - b);
  if (hosts.some((h) => run.hosts[h].router)) hosts = arrange(hosts);
  const total = $("ladder").clientWidth || 900;
  ladder.textWidth = Math.round(total * 0.34);
  ladder.width = Math.max(total - TIMES_WIDTH - ladder.textWidth, 160);
  const columns = hosts.length + (others.length ? 1 : 0);
  const margin = Math.min(60, ladder.width / 6);
  const place = (i) => (columns < 2 ? margin : margin + (i * (ladder.width - 2 * margin)) / (columns - 1));
  ladder.columns = new Map(hosts.map((h, i) => [h, place(i)]));
  ladder.heads = hosts.map((h, i) => ({ x: place(i), name: hostName(h), router: run.hosts[h].router }));
  if (others.length) {
    others.forEach((h) => ladder.columns.set(h, place(columns - 1)));
    ladder.heads.push({ x: place(columns - 1), name: others.length + " others", router: true });
  }
  ladder.ends = rows.map((r, i) => (r.packet ? endRow(r.packet, i) : i));
  $("ladder-body").style.height = rows.length * state.rowHeight + state.rowHeight + "px";
  drawHeads(columns);
}

// arrange puts hosts into the order in which the arrows are shortest in all, so
// that routers stand between those whom they join. It tries all orders, of
// COLUMNS_MAX hosts at most.
function arrange(hosts) {
  const index = new Map(hosts.map((h, i) => [h, i]));
  const links = new Map();
  for (const { packet } of rows) {
    if (!packet || !index.has(packet.from) || !index.has(packet.to)) continue;
    const link = index.get(packet.from) * COLUMNS_MAX + index.get(packet.to);
    links.set(link, (links.get(link) || 0) + 1);
  }
  const pairs = [...links].map(([link, count]) => [Math.floor(link / COLUMNS_MAX), link % COLUMNS_MAX, count]);
  const place = new Array(hosts.length).fill(-1), order = [];
  let best = null, bestLength = Infinity;
  (function attempt() {
    if (order.length < hosts.length) {
      for (let i = 0; i < hosts.length; i++) {
        if (place[i] >= 0) continue;
        place[i] = order.length;
        order.push(i);
        attempt();
        order.pop();
        place[i] = -1;
      }
      return;
    }
    let length = 0;
    for (const [a, b, count] of pairs) length += count * Math.abs(place[a] - place[b]);
    if (length < bestLength) [best, bestLength] = [order.slice(), length];
  })();
  return best.map((i) => hosts[i]);
}

function drawHeads(columns) {
  const head = $("ladder-head");
  const sent = element("span", "", "sent ms"), arrived = element("span", "", "arrived");
  sent.style.right = "calc(100% - 88px)";
  arrived.style.right = "calc(100% - 176px)";
  head.replaceChildren(sent, arrived);
  for (const h of ladder.heads) {
    const e = element("span", "host" + (h.router ? " router" : ""), h.name);
    e.style.left = TIMES_WIDTH + h.x + "px";
    e.style.maxWidth = Math.max(ladder.width / Math.max(columns, 1) - 8, 40) + "px";
    e.title = h.name;
    head.append(e);
  }
}

// endRow is where a packet's arrow ends, in rows: between the last row before
// its arrival and the first that is not.
function endRow(p, i) {
  if (p.arrived < 0) return i + 0.3;
  let low = i + 1, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].at < p.arrived) low = middle + 1;
    else high = middle;
  }
  if (low >= rows.length) return rows.length - 0.3;
  const before = rows[low - 1].at, after = rows[low].at;
  const part = after > before ? Math.min(Math.max((p.arrived - before) / (after - before), 0), 1) : 0.3;
  return Math.max(low - 1 + part * 0.85, i + 0.15);
}

function drawLadder() {
  const box = $("ladder"), height = state.rowHeight;
  let first = Math.max(0, Math.floor(box.scrollTop / height) - 3);
  let last = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + 3);
  if (ladder.printing) {
    first = 0;
    last = Math.min(rows.length, PRINT_ROWS_MAX);
  }
  const parts = [];
  for (let i = first; i < last; i++) parts.push(drawRow(rows[i], i));
  parts.push(drawArrows(first, last));
  $("ladder-body").replaceChildren(...parts);
}

function drawRow(r, i) {
  const e = element("div", "row");
  e.style.top = i * state.rowHeight + "px";
  e.style.height = state.rowHeight + "px";
  e.append(element("span", "time", milliseconds(r.at)));
  const text = element("span", "text");
  text.style.left = TIMES_WIDTH + ladder.width + "px";
  if (r.note) {
    e.classList.add("note", "kind-" + r.note.kind);
    text.textContent = "• " + (r.note.host >= 0 ? hostName(r.note.host) + ": " : "") + (r.note.text || r.note.kind);
    text.title = text.textContent;
    e.append(text);
    return e;
  }
  const p = r.packet;
  e.setAttribute("role", "option");
  e.dataset.packet = p.n;
  e.classList.toggle("lost", Boolean(p.lost));
  e.classList.toggle("again", wentAgain(p));
  e.classList.toggle("chosen", r.index === state.chosen);
  e.setAttribute("aria-selected", r.index === state.chosen);
  e.append(element("span", "time arrived", p.arrived >= 0 ? milliseconds(p.arrived) : p.lost ? "lost" : "…"));
  text.append(p.text || "");
  if (p.fate) text.append(p.text ? " · " : "", element("i", "", p.fate));
  if (run.flows.length > 1 && p.flow >= 0) {
    const mark = element("b", "", (p.flow + 1) + " ");
    mark.style.color = flowColour(p.flow);
    mark.title = run.flows[p.flow].name;
    text.prepend(mark);
  }
  text.title = text.textContent;
  e.append(text);
  return e;
}

function drawArrows(first, last) {
  const top = first * state.rowHeight;
  const svg = drawing("svg", { class: "arrows", width: ladder.width, height: (last - first + 1) * state.rowHeight });
  svg.style.top = top + "px";
  svg.style.left = TIMES_WIDTH + "px";
  for (const h of ladder.heads) {
    svg.append(drawing("line", { class: "life", x1: h.x, x2: h.x, y1: 0, y2: (last - first + 1) * state.rowHeight }));
  }
  const passing = [];
  for (let i = 0; i < first && !state.level; i++) if (ladder.ends[i] >= first) passing.push(i);
  // Where many packets are under way at once their arrows step back.
  let spans = 0;
  for (let i = first; i < last; i++) spans += ladder.ends[i] - i;
  svg.classList.toggle("dense", !state.level && spans > 4 * (last - first));
  for (const i of passing.slice(-ARROWS_MAX)) drawArrow(svg, i, top);
  for (let i = first; i < last; i++) {
    if (rows[i].packet) drawArrow(svg, i, top);
    else drawDot(svg, i, top);
  }
  return svg;
}

function drawDot(svg, i, top) {
  const x = ladder.columns.get(rows[i].note.host);
  if (x === undefined) return;
  const dot = drawing("circle", { class: "dot", cx: x, cy: (i + 0.5) * state.rowHeight - top, r: 3 });
  dot.append(drawing("title", {}, rows[i].note.text));
  svg.append(dot);
}

// drawArrow draws a packet from its row to where it arrives; a lost one ends
// in a cross on two thirds of the way, one under way is dashed.
function drawArrow(svg, i, top) {
  const p = rows[i].packet, height = state.rowHeight;
  const x0 = ladder.columns.get(p.from);
  let x1 = p.to >= 0 ? ladder.columns.get(p.to) : undefined;
  if (x1 === undefined || x1 === x0) x1 = x0 + (x0 > ladder.width / 2 ? -40 : 40);
  const y0 = (i + 0.5) * height - top, y1 = state.level ? y0 : (ladder.ends[i] + 0.5) * height - top;
  const colour = packetColour(p);
  const names = ["arrow"];
  if (rows[i].index === state.chosen) names.push("chosen");
  if (!p.lost && p.arrived < 0) names.push("under-way");
  if (wentAgain(p)) names.push("again");
  if (p.lost) names.push("lost");
  if (p.tcp && p.tcp.flags === ACK && p.tcp.next === p.tcp.seq) names.push("bare");
  const part = p.lost ? 0.66 : 1;
  const ex = x0 + (x1 - x0) * part, ey = y0 + (y1 - y0) * part;
  const d = p.lost
    ? `M${x0} ${y0}L${ex} ${ey}M${ex - 4} ${ey - 4}l8 8m0 -8l-8 8`
    : `M${x0} ${y0}L${ex} ${ey}` + arrowHead(x0, y0, ex, ey);
  svg.append(drawing("path", { class: names.join(" "), d, stroke: colour, "data-packet": p.n }));
  drawLabel(svg, p, x0, y0, x1, y1);
}

function arrowHead(x0, y0, x1, y1) {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const ux = ((x1 - x0) / length) * 7, uy = ((y1 - y0) / length) * 7;
  return `M${x1 - ux - uy * 0.5} ${y1 - uy + ux * 0.5}L${x1} ${y1}L${x1 - ux + uy * 0.5} ${y1 - uy - ux * 0.5}`;
}

// drawLabel puts the longest label that fits beside the arrow's beginning.
function drawLabel(svg, p, x0, y0, x1, y1) {
  if (state.rowHeight < 14) return;
  const room = Math.abs(x1 - x0) - 26;
  const label = p.label.length * 6.7 <= room ? p.label : p.short;
  const right = x1 > x0;
  const slope = (y1 - y0) / (Math.abs(x1 - x0) || 1);
  const text = drawing("text", { x: x0 + (right ? 8 : -8), y: y0 + Math.min(slope * 8, 6) - 3, "text-anchor": right ? "start" : "end" });
  if (wentAgain(p)) text.append(drawing("tspan", { class: "again-mark" }, "↻ "));
  text.append(label);
  svg.append(text);
}

// rowAt is the row at a height of the window. Rows are drawn anew while they
// scroll, so a click may end on another element than it began on; its place
// does not lie.
function rowAt(clientY) {
  return rows[Math.floor((clientY - $("ladder-body").getBoundingClientRect().top) / state.rowHeight)];
}

// showRow scrolls to the row of a packet; it reports whether there is one.
function showRow(index) {
  const at = rows.findIndex((r) => r.index === index);
  if (at < 0) return false;
  const box = $("ladder"), y = at * state.rowHeight;
  if (y < box.scrollTop || y > box.scrollTop + box.clientHeight - 2 * state.rowHeight) box.scrollTop = y - box.clientHeight / 3;
  return true;
}
