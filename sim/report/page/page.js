"use strict";

// What the reader does, and what follows from it.

// choose chooses a packet, and shows it wherever it can be seen.
function choose(index, scroll) {
  state.chosen = index;
  const p = packets[index];
  if (!p) return;
  showDetail();
  if (scroll && !showRow(index)) {
    clearFilter();
    showRow(index);
  }
  if (p.flow >= 0 && p.flow !== state.graphFlow && run.flows[p.flow].tcp) setGraph(p.flow);
  drawLadder();
  drawGraphs();
  history.replaceState(null, "", "#packet=" + p.n);
}

// neighbour chooses the next row, or the one before, that is of a kind.
function neighbour(step, is) {
  if (!rows.length) return;
  const here = rows.findIndex((r) => r.index === state.chosen);
  for (let i = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step; i >= 0 && i < rows.length; i += step) {
    if (rows[i].packet && is(rows[i].packet)) {
      choose(rows[i].index, true);
      return;
    }
  }
}

function refilter() {
  applyFilter();
  layOut();
  drawLadder();
  const shown = rows.filter((r) => r.packet).length;
  let text = shown.toLocaleString("en") + " of " + packets.length.toLocaleString("en") + " packets";
  if (run.all > packets.length) text += ", the last of " + run.all.toLocaleString("en");
  $("filter-count").textContent = text;
}

function clearFilter() {
  Object.assign(state, { host: -1, flow: -1, text: "", lost: false, again: false, inRange: false });
  state.flags.clear();
  $("filter").reset();
  $("filter-wakeups").checked = state.wakeups;
  refilter();
}

function readFilter() {
  state.host = Number($("filter-host").value);
  state.flow = Number($("filter-flow").value);
  state.text = $("filter-text").value.trim().toLowerCase();
  state.lost = $("filter-lost").checked;
  state.again = $("filter-again").checked;
  state.inRange = $("filter-range").checked;
  state.wakeups = $("filter-wakeups").checked;
  state.flags = new Set([...document.querySelectorAll("#filter-flags input:checked")].map((e) => e.value));
  refilter();
  if (state.flow >= 0 && run.flows[state.flow].tcp) {
    setGraph(state.flow);
    drawGraphs();
  }
}

// setGraph chooses the connection of the graphs, and the side that sent more.
function setGraph(flow, side) {
  state.graphFlow = flow;
  const bytes = [0, 0];
  for (const p of packets) if (p.flow === flow && p.tcp) bytes[p.side] += p.tcp.next - p.tcp.seq;
  state.graphSide = side === undefined ? (bytes[1] > bytes[0] ? 1 : 0) : side;
  $("graph-flow").value = flow;
  $("graph-side").replaceChildren(...[0, 1].map((s) => {
    const f = run.flows[flow];
    const option = element("option", "", hostName(f.link[s]) || f.ends[s]);
    option.value = s;
    return option;
  }));
  $("graph-side").value = state.graphSide;
}

// busiest is the connection that the graphs begin with: one with packets that
// were sent again, if there is one, else the one with the most packets.
function busiest() {
  const score = run.flows.map(() => 0);
  for (const p of packets) if (p.flow >= 0 && p.tcp) score[p.flow] += wentAgain(p) ? 1000 : 1;
  let best = -1;
  score.forEach((n, i) => {
    if (n > 0 && (best < 0 || n > score[best])) best = i;
  });
  return best;
}

function fillSelect(select, names) {
  names.forEach(([value, name]) => {
    const option = element("option", "", name);
    option.value = value;
    select.append(option);
  });
}

function fromHash() {
  const wanted = /^#packet=(\d+)$/.exec(location.hash);
  if (wanted && packetByNumber.has(Number(wanted[1]))) choose(packetByNumber.get(Number(wanted[1])), true);
}

function listen() {
  $("filter").addEventListener("input", readFilter);
  $("filter").addEventListener("submit", (e) => e.preventDefault());
  $("next-again").addEventListener("click", () => neighbour(1, wentAgain));
  $("previous-again").addEventListener("click", () => neighbour(-1, wentAgain));
  $("next-lost").addEventListener("click", () => neighbour(1, (p) => p.lost));
  $("previous-lost").addEventListener("click", () => neighbour(-1, (p) => p.lost));
  $("rows-larger").addEventListener("click", () => resizeRows(4));
  $("rows-smaller").addEventListener("click", () => resizeRows(-4));
  $("level").addEventListener("input", () => { state.level = $("level").checked; drawLadder(); });
  $("zoom-in").addEventListener("click", () => zoomBy(1 / 2));
  $("zoom-out").addEventListener("click", () => zoomBy(2));
  $("pan-left").addEventListener("click", () => pan(-1));
  $("pan-right").addEventListener("click", () => pan(1));
  $("zoom-all").addEventListener("click", zoomAll);
  $("graph-flow").addEventListener("input", () => { setGraph(Number($("graph-flow").value)); drawGraphs(); });
  $("graph-side").addEventListener("input", () => { state.graphSide = Number($("graph-side").value); drawGraphs(); });
  for (const id of ["graph-sequence", "graph-window", "graph-time"]) steer($(id));
  let due = false;
  $("ladder").addEventListener("scroll", () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; drawLadder(); });
  });
  $("ladder").addEventListener("click", (e) => {
    const row = rowAt(e.clientY);
    if (row && row.packet) choose(row.index, false);
  });
  $("ladder").addEventListener("keydown", (e) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    e.preventDefault();
    neighbour(e.key === "ArrowDown" ? 1 : -1, () => true);
  });
  addEventListener("hashchange", fromHash);
  addEventListener("resize", redraw);
  addEventListener("beforeprint", () => setPrinting(true));
  addEventListener("afterprint", () => setPrinting(false));
}

// redraw fits everything into the window.
function redraw() {
  document.documentElement.style.setProperty("--above", document.querySelector("header").offsetHeight + "px");
  layOut();
  drawLadder();
  drawGraphs();
}

function pan(direction) {
  const shift = ((state.to - state.from) / 3) * direction;
  zoom(state.from + shift, state.to + shift);
}

function resizeRows(by) {
  const box = $("ladder"), middle = box.scrollTop / state.rowHeight;
  state.rowHeight = Math.min(Math.max(state.rowHeight + by, 10), 46);
  layOut();
  box.scrollTop = middle * state.rowHeight;
  drawLadder();
}

// setPrinting lays the first rows out in full, since paper cannot scroll.
function setPrinting(on) {
  ladder.printing = on;
  layOut();
  if (on) $("ladder-body").style.height = (Math.min(rows.length, PRINT_ROWS_MAX) + 1) * state.rowHeight + "px";
  drawLadder();
  drawGraphs();
}

function start() {
  redraw();
  fillSelect($("filter-host"), run.hosts.map((h, i) => [i, h.name]));
  fillSelect($("filter-flow"), run.flows.map((f, i) => [i, (i + 1) + " " + f.name]));
  fillSelect($("graph-flow"), run.flows.map((f, i) => [i, (i + 1) + " " + f.name, f]).filter(([, , f]) => f.tcp));
  legend("legend-sequence", [["sent", "var(--data)"], ["sent again", "var(--again)"], ["lost", "var(--lost)"],
    ["acknowledged", "var(--ack)"], ["SACK", "var(--sack)"], ["window's edge", "var(--window)"]]);
  legend("legend-window", [["segments", "var(--data)"], ["slow start up to", "var(--window)"]]);
  legend("legend-time", [["RTO", "var(--again)"], ["RTT", "var(--data)"], ["its deviation", "var(--window)"]]);
  const flow = busiest();
  if (flow >= 0) setGraph(flow);
  zoomAll();
  refilter();
  listen();
  if (run.failed) $("ladder").scrollTop = rows.length * state.rowHeight;
  drawLadder();
  fromHash();
  document.documentElement.dataset.ready = "true";
}

start();
