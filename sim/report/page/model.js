"use strict";

// What the page shows, and what the reader has chosen. All other scripts read
// from here; times are nanoseconds of virtual time.

const $ = (id) => document.getElementById(id);
const run = JSON.parse($("run").textContent);
const FIN = 1, SYN = 2, RST = 4, ACK = 16;

const state = {
  host: -1, flow: -1, flags: new Set(), text: "", lost: false, again: false, wakeups: false, inRange: false,
  level: false, // arrows do not slope with time
  chosen: -1, // index of a packet
  graphFlow: -1, graphSide: 0,
  from: 0, to: 1, // the graphs' time
  rowHeight: 24,
};

const packets = run.packets;
const packetByNumber = new Map(packets.map((p, i) => [p.n, i]));
const wentAgain = (p) => Boolean(p.tcp && p.tcp.again);

// everything is packets and notes in the order of time.
const everything = [];
{
  let n = 0;
  packets.forEach((p, index) => {
    while (n < run.notes.length && run.notes[n].at <= p.at) everything.push({ at: run.notes[n].at, note: run.notes[n++] });
    everything.push({ at: p.at, packet: p, index });
  });
  while (n < run.notes.length) everything.push({ at: run.notes[n].at, note: run.notes[n++] });
}

// rows is what of it passes the filter.
let rows = [];

function hostName(i) {
  return i < 0 ? "" : run.hosts[i].name;
}

// milliseconds is a time as the ladder shows it.
function milliseconds(ns) {
  return (ns / 1e6).toFixed(3);
}

// duration is a time in the unit that suits it.
function duration(ns) {
  if (ns === 0) return "0";
  const abs = Math.abs(ns);
  if (abs >= 1e9) return trimmed(ns / 1e9) + " s";
  if (abs >= 1e6) return trimmed(ns / 1e6) + " ms";
  if (abs >= 1e3) return trimmed(ns / 1e3) + " µs";
  return trimmed(ns) + " ns";
}

function trimmed(x) {
  return String(Number(x.toPrecision(6)));
}

// haystack is what a search for text looks through.
function haystack(row) {
  if (row.hay === undefined) {
    const p = row.packet;
    const parts = p
      ? [p.label, p.text, p.fate, hostName(p.from), hostName(p.to), p.flow >= 0 ? run.flows[p.flow].name : "", "#" + p.n]
      : [row.note.text, hostName(row.note.host), row.note.kind];
    row.hay = parts.filter(Boolean).join("\n").toLowerCase();
  }
  return row.hay;
}

function hasFlag(p) {
  const t = p.tcp;
  if (!t) return false;
  return (state.flags.has("SYN") && (t.flags & SYN)) || (state.flags.has("FIN") && (t.flags & FIN)) ||
    (state.flags.has("RST") && (t.flags & RST)) ||
    (state.flags.has("data") && t.next - t.seq - (t.flags & SYN ? 1 : 0) - (t.flags & FIN ? 1 : 0) > 0);
}

function passes(row) {
  if (state.inRange && (row.at < state.from || row.at > state.to)) return false;
  if (state.text && !haystack(row).includes(state.text)) return false;
  const p = row.packet;
  if (!p) {
    const n = row.note;
    return (n.kind !== "wake-up" || state.wakeups) && (state.host < 0 || n.host < 0 || n.host === state.host) &&
      !state.lost && !state.again && state.flags.size === 0;
  }
  return (state.host < 0 || p.from === state.host || p.to === state.host) && (state.flow < 0 || p.flow === state.flow) &&
    (!state.lost || p.lost) && (!state.again || wentAgain(p)) && (state.flags.size === 0 || hasFlag(p));
}

function applyFilter() {
  rows = everything.filter(passes);
}

// element makes an element with a class and text.
function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// drawing makes an element of an SVG.
function drawing(tag, attributes, text) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) e.setAttribute(name, attributes[name]);
  if (text !== undefined) e.textContent = text;
  return e;
}

function flowColour(flow) {
  return flow < 0 ? "var(--soft)" : "var(--flow" + (flow % 6) + ")";
}

function packetColour(p) {
  if (p.lost) return "var(--lost)";
  return wentAgain(p) ? "var(--again)" : flowColour(p.flow);
}
