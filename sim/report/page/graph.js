"use strict";

// The graphs of one TCP connection, which share their time: sequence numbers,
// congestion window, round trip time and retransmission timeout.

const MARGIN = { left: 62, right: 12, top: 8, bottom: 20 };
const graphs = { picks: [], drag: null };

// ticks are round numbers between two others, about as many as wanted.
function ticks(from, to, wanted) {
  const span = to - from;
  if (!(span > 0)) return [from];
  const raw = span / wanted, power = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
  const all = [];
  for (let n = Math.ceil(from / step) * step; n <= to + step * 1e-9; n += step) all.push(n);
  return all;
}

// canvas is an empty graph with its axes and scales.
function canvas(id, low, high, format) {
  const box = $(id), width = box.clientWidth || 600, height = box.clientHeight || 120;
  const svg = drawing("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const inner = { w: width - MARGIN.left - MARGIN.right, h: height - MARGIN.top - MARGIN.bottom };
  const x = (t) => MARGIN.left + ((t - state.from) / (state.to - state.from)) * inner.w;
  const y = (v) => MARGIN.top + inner.h - ((v - low) / (high - low || 1)) * inner.h;
  for (const t of ticks(state.from, state.to, width / 110)) {
    svg.append(drawing("line", { class: "grid", x1: x(t), x2: x(t), y1: MARGIN.top, y2: MARGIN.top + inner.h }),
      drawing("text", { x: x(t), y: height - 6, "text-anchor": "middle" }, duration(t)));
  }
  for (const v of ticks(low, high, height / 36)) {
    svg.append(drawing("line", { class: "grid", x1: MARGIN.left, x2: MARGIN.left + inner.w, y1: y(v), y2: y(v) }),
      drawing("text", { x: MARGIN.left - 6, y: y(v) + 3.5, "text-anchor": "end" }, format(v)));
  }
  const clip = id + "-clip";
  const defs = drawing("clipPath", { id: clip });
  defs.append(drawing("rect", { x: MARGIN.left, y: MARGIN.top, width: inner.w, height: inner.h }));
  const layer = drawing("g", { "clip-path": `url(#${clip})` });
  svg.append(defs, layer, drawing("path", { class: "axis", d: `M${MARGIN.left} ${MARGIN.top}v${inner.h}h${inner.w}` }));
  box.replaceChildren(svg);
  return { svg, layer, x, y, inner, width, height };
}

function stroke(g, d, colour, width, extra) {
  if (d) g.layer.append(drawing("path", Object.assign({ d, stroke: colour, "stroke-width": width }, extra)));
}

function empty(id, text) {
  const box = $(id), width = box.clientWidth || 600, height = box.clientHeight || 120;
  const svg = drawing("svg", { viewBox: `0 0 ${width} ${height}` });
  svg.append(drawing("text", { class: "empty", x: width / 2, y: height / 2 }, text));
  box.replaceChildren(svg);
}

function legend(id, parts) {
  $(id).replaceChildren(...parts.map(([name, colour]) => {
    const e = element("span", "", name), swatch = element("b");
    swatch.style.background = colour;
    e.prepend(swatch);
    return e;
  }));
}

// sequence gathers what the time-sequence graph shows: what one side sent, and
// what the other side's answers, when they arrived, said of it.
function sequence(flow, side) {
  const sent = [], heard = [];
  packets.forEach((p, index) => {
    if (p.flow !== flow || !p.tcp) return;
    if (p.side === side) {
      if (p.tcp.next > p.tcp.seq) sent.push({ t: p.at, p, index });
    } else if (p.tcp.flags & ACK && p.arrived >= 0) {
      heard.push({ t: p.arrived, p, index });
    }
  });
  heard.sort((a, b) => a.t - b.t);
  return { sent, heard };
}

function drawSequence() {
  graphs.picks = [];
  const flow = state.graphFlow;
  if (flow < 0 || !run.flows[flow].tcp) {
    empty("graph-sequence", "no TCP connection");
    return;
  }
  const { sent, heard } = sequence(flow, state.graphSide);
  let low = Infinity, high = -Infinity;
  const see = (t, a, b) => {
    if (t < state.from || t > state.to) return;
    low = Math.min(low, a);
    high = Math.max(high, b);
  };
  for (const s of sent) see(s.t, s.p.tcp.seq, s.p.tcp.next);
  for (const h of heard) see(h.t, h.p.tcp.ack, h.p.tcp.ack);
  if (low > high) [low, high] = [0, 1];
  const room = (high - low || 10) * 0.06;
  const g = canvas("graph-sequence", Math.max(low - room, Math.min(low, 0)), high + room, (v) => v.toLocaleString("en"));
  drawHeard(g, heard);
  drawSent(g, sent);
  graphs.sequence = g;
  drawCursor(g);
}

// drawSent draws each segment as a bar from its first number to its last.
function drawSent(g, sent) {
  const d = { data: "", again: "", lost: "" };
  for (const { t, p, index } of sent) {
    const x = g.x(t), y0 = g.y(p.tcp.seq), y1 = Math.min(g.y(p.tcp.next), y0 - (wentAgain(p) ? 7 : 2));
    graphs.picks.push({ x, y: (y0 + y1) / 2, index });
    if (x < 0 || x > g.width) continue;
    const bar = `M${x.toFixed(1)} ${y0.toFixed(1)}V${y1.toFixed(1)}`;
    d[wentAgain(p) ? "again" : "data"] += bar;
    if (p.lost) d.lost += `M${(x - 4).toFixed(1)} ${(y1 - 4).toFixed(1)}l8 8m0 -8l-8 8`;
  }
  stroke(g, d.data, "var(--data)", 2.2, { class: "sent" });
  stroke(g, d.again, "var(--again)", 3.4, { class: "sent-again" });
  stroke(g, d.lost, "var(--lost)", 1.6, { class: "lost" });
}

// drawHeard draws the acknowledged number and the window's edge as steps, and
// SACK blocks as bars.
function drawHeard(g, heard) {
  let acks = "", edges = "", blocks = "", top = -Infinity;
  for (const { t, p, index } of heard) {
    const x = g.x(t);
    graphs.picks.push({ x, y: g.y(p.tcp.ack), index });
    top = Math.max(top, p.tcp.ack);
    const ya = g.y(top).toFixed(1), ye = g.y(p.tcp.ack + p.tcp.window).toFixed(1), at = x.toFixed(1);
    acks += acks ? `H${at}V${ya}` : `M${at} ${ya}`;
    edges += edges ? `H${at}V${ye}` : `M${at} ${ye}`;
    for (const b of p.tcp.sack || []) blocks += `M${at} ${g.y(b[0]).toFixed(1)}V${g.y(b[1]).toFixed(1)}`;
  }
  stroke(g, edges, "var(--window)", 1, { class: "edge", "stroke-dasharray": "5 3" });
  stroke(g, acks, "var(--ack)", 1.4, { class: "acked" });
  stroke(g, blocks, "var(--sack)", 2.2, { class: "sack" });
}

// drawCurves draws values that were sampled, as steps.
function drawCurves(id, series, format) {
  const samples = run.samples.filter((s) => s.flow === state.graphFlow && s.side === state.graphSide);
  const there = samples.filter((s) => series.some((c) => s[c.key] > 0));
  if (!there.length) {
    empty(id, "no samples were taken here");
    return;
  }
  let high = 0;
  for (const s of there) for (const c of series) if (s[c.key] > 0) high = Math.max(high, s[c.key]);
  const g = canvas(id, 0, high * 1.08, format);
  for (const c of series) {
    let d = "", was = "";
    for (const s of there) {
      if (!(s[c.key] > 0)) continue;
      const x = g.x(s.at).toFixed(1), y = g.y(s[c.key]).toFixed(1);
      d += was ? `H${x}V${y}` : `M${x} ${y}`;
      was = y;
    }
    if (was) d += `H${g.x(run.now).toFixed(1)}`;
    stroke(g, d, c.colour, 1.5, Object.assign({ class: "curve " + c.key }, c.dashed ? { "stroke-dasharray": "5 3" } : {}));
  }
  drawCursor(g);
}

// drawCursor marks the chosen packet.
function drawCursor(g) {
  const p = packets[state.chosen];
  if (!p) return;
  const x = g.x(p.at);
  g.layer.append(drawing("line", { class: "cursor", x1: x, x2: x, y1: MARGIN.top, y2: MARGIN.top + g.inner.h }));
  if (g !== graphs.sequence || p.flow !== state.graphFlow || !p.tcp) return;
  const at = p.side === state.graphSide ? [g.x(p.at), g.y(p.tcp.next)] : [g.x(p.arrived < 0 ? p.at : p.arrived), g.y(p.tcp.ack)];
  g.layer.append(drawing("circle", { class: "mark", cx: at[0], cy: at[1], r: 5, fill: "none", stroke: "var(--ink)", "stroke-width": 1.6 }));
}

function drawGraphs() {
  graphs.sequence = null;
  drawSequence();
  drawCurves("graph-window", [
    { key: "cwnd", colour: "var(--data)" },
    { key: "ssthresh", colour: "var(--window)", dashed: true },
  ], (v) => v.toLocaleString("en"));
  drawCurves("graph-time", [
    { key: "rto", colour: "var(--again)" },
    { key: "rtt", colour: "var(--data)" },
    { key: "rttvar", colour: "var(--window)", dashed: true },
  ], duration);
}

// zoom changes the time that the graphs show, which stays within the run.
function zoom(from, to) {
  const end = Math.max(run.now, ...[packets.length ? packets[packets.length - 1].at : 0, 1]);
  const span = Math.min(Math.max(to - from, 1000), end * 1.04 || 1);
  const start = Math.min(Math.max(from, -end * 0.02), end * 1.02 - span);
  state.from = start;
  state.to = start + span;
  drawGraphs();
  if (state.inRange) refilter();
}

function zoomBy(factor, middle) {
  const m = middle === undefined ? (state.from + state.to) / 2 : middle;
  zoom(m - (m - state.from) * factor, m + (state.to - m) * factor);
}

function zoomAll() {
  zoom(-Infinity, Infinity);
}

// timeAt is the time at a place in a graph.
function timeAt(box, clientX) {
  const r = box.getBoundingClientRect();
  const part = (clientX - r.left - MARGIN.left) / (r.width - MARGIN.left - MARGIN.right);
  return state.from + Math.min(Math.max(part, 0), 1) * (state.to - state.from);
}

// steer lets a graph be zoomed, moved and clicked.
function steer(box) {
  box.addEventListener("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    zoomBy(e.deltaY > 0 ? 1.3 : 1 / 1.3, timeAt(box, e.clientX));
  }, { passive: false });
  box.addEventListener("dblclick", zoomAll);
  box.addEventListener("pointerdown", (e) => {
    if (e.button !== 0) return;
    graphs.drag = { box, x: e.clientX, t: timeAt(box, e.clientX), from: state.from, to: state.to, pan: e.shiftKey };
    box.setPointerCapture(e.pointerId);
  });
  box.addEventListener("pointermove", (e) => {
    const d = graphs.drag;
    if (!d || d.box !== box || Math.abs(e.clientX - d.x) < 4) return;
    if (d.pan) {
      const r = box.getBoundingClientRect();
      const shift = ((d.x - e.clientX) / (r.width - MARGIN.left - MARGIN.right)) * (d.to - d.from);
      zoom(d.from + shift, d.to + shift);
    } else {
      brush(box, d.x, e.clientX);
    }
  });
  box.addEventListener("pointerup", (e) => {
    const d = graphs.drag;
    graphs.drag = null;
    if (!d || d.box !== box || d.pan) return;
    const t = timeAt(box, e.clientX);
    if (Math.abs(e.clientX - d.x) >= 4) zoom(Math.min(t, d.t), Math.max(t, d.t));
    else if (box.id === "graph-sequence") pick(box, e);
  });
}

function brush(box, a, b) {
  const svg = box.querySelector("svg"), r = box.getBoundingClientRect();
  let mark = svg.querySelector(".brush");
  if (!mark) svg.append((mark = drawing("rect", { class: "brush" })));
  mark.setAttribute("x", Math.min(a, b) - r.left);
  mark.setAttribute("width", Math.abs(a - b));
  mark.setAttribute("y", MARGIN.top);
  mark.setAttribute("height", Math.max(r.height - MARGIN.top - MARGIN.bottom, 0));
}

// pick chooses the packet nearest to a click.
function pick(box, e) {
  const r = box.getBoundingClientRect();
  const x = e.clientX - r.left, y = e.clientY - r.top;
  let best = -1, near = 30 * 30;
  for (const p of graphs.picks) {
    const d = (p.x - x) ** 2 + (p.y - y) ** 2;
    if (d < near) [best, near] = [p.index, d];
  }
  if (best >= 0) choose(best, true);
}
