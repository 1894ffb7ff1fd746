"use strict";

// The details of one packet: what became of it, and its headers as sent.

function showDetail() {
  const box = $("detail");
  const p = packets[state.chosen];
  if (!p) {
    box.replaceChildren();
    return;
  }
  const list = element("dl");
  const add = (name, value) => {
    if (value === "" || value === undefined) return;
    list.append(element("dt", "", name), element("dd", "", value));
  };
  const to = p.to < 0 ? "nobody" : hostName(p.to);
  add("way", hostName(p.from) + " to " + to);
  add("sent", milliseconds(p.at) + " ms");
  add("arrived", p.arrived >= 0 ? milliseconds(p.arrived) + " ms, after " + duration(p.arrived - p.at) : p.lost ? "never" : "not yet");
  add("network", p.fate);
  add("meaning", p.text);
  if (p.tcp) {
    add("relative", "seq " + p.tcp.seq + (p.tcp.next > p.tcp.seq ? " to " + (p.tcp.next - 1) : "") +
      (p.tcp.flags & ACK ? ", ack " + p.tcp.ack : "") + ", window " + p.tcp.window);
    if (p.tcp.again) add("sent again", p.tcp.again + " of its numbers");
    if (p.tcp.sack) add("SACK", p.tcp.sack.map((b) => b[0] + " to " + (b[1] - 1)).join(", "));
  }
  const bytes = Uint8Array.from(atob(p.head || ""), (c) => c.charCodeAt(0));
  for (const [name, value] of headers(bytes)) add(name, value);
  const both = element("div", "both");
  both.append(list, element("pre", "", hexDump(bytes, p.size)));
  box.replaceChildren(element("h2", "", "#" + p.n + " " + p.label), both);
}

// headers reads the headers of IP and of what it carries, as far as they are
// there.
function headers(b) {
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  try {
    if (b[0] >> 4 === 4) {
      const words = (b[0] & 15) * 4;
      const fragment = view.getUint16(6);
      const ip = ["IPv4", join(b.slice(12, 16)) + " to " + join(b.slice(16, 20)) + ", TTL " + b[8] + ", protocol " + b[9] +
        ", id " + hex(view.getUint16(4), 4) + ", length " + view.getUint16(2) + ", DSCP and ECN " + hex(b[1], 2) +
        (fragment & 0x4000 ? ", don't fragment" : "") + (fragment & 0x3fff ? ", fragment at " + (fragment & 0x1fff) * 8 : "") +
        ", checksum " + hex(view.getUint16(10), 4)];
      return [ip].concat(fragment & 0x1fff ? [] : transport(view, words, b[9]));
    }
    if (b[0] >> 4 === 6) {
      const ip = ["IPv6", six(view, 8) + " to " + six(view, 24) + ", hop limit " + b[7] + ", next header " + b[6] + ", payload " + view.getUint16(4)];
      return [ip].concat(transport(view, 40, b[6]));
    }
  } catch (e) {
    if (!(e instanceof RangeError)) throw e;
    return [["headers", "cut off"]];
  }
  return [];
}

function transport(v, at, protocol) {
  const ports = () => v.getUint16(at) + " to " + v.getUint16(at + 2);
  switch (protocol) {
    case 6: {
      const length = (v.getUint8(at + 12) >> 4) * 4;
      const options = tcpOptions(v, at + 20, at + length);
      return [["TCP", ports() + ", seq " + v.getUint32(at + 4) + ", ack " + v.getUint32(at + 8) + ", " + flagNames(v.getUint8(at + 13)) +
        ", window " + v.getUint16(at + 14) + ", checksum " + hex(v.getUint16(at + 16), 4)]].concat(options ? [["options", options]] : []);
    }
    case 17:
      return [["UDP", ports() + ", length " + v.getUint16(at + 4) + ", checksum " + hex(v.getUint16(at + 6), 4)]];
    case 1:
    case 58:
      return [["ICMP", "type " + v.getUint8(at) + ", code " + v.getUint8(at + 1) + ", checksum " + hex(v.getUint16(at + 2), 4)]];
  }
  return [];
}

function tcpOptions(v, at, end) {
  const found = [];
  while (at < end) {
    const kind = v.getUint8(at);
    if (kind === 0) break;
    if (kind === 1) { at++; continue; }
    const length = v.getUint8(at + 1);
    if (length < 2 || at + length > end) { found.push("damaged"); break; }
    if (kind === 2 && length === 4) found.push("MSS " + v.getUint16(at + 2));
    else if (kind === 3 && length === 3) found.push("window scale " + v.getUint8(at + 2));
    else if (kind === 4) found.push("SACK permitted");
    else if (kind === 5) found.push((length - 2) / 8 + " SACK blocks");
    else if (kind === 8 && length === 10) found.push("timestamps " + v.getUint32(at + 2) + " " + v.getUint32(at + 6));
    else found.push("kind " + kind + " of " + length + " bytes");
    at += length;
  }
  return found.join(", ");
}

function flagNames(f) {
  const names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"].filter((_, i) => f & (1 << i));
  return names.length ? names.join(" ") : "no flags";
}

function join(bytes) {
  return Array.from(bytes).join(".");
}

function six(v, at) {
  const groups = [];
  for (let i = 0; i < 8; i++) groups.push(v.getUint16(at + 2 * i).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}

function hex(n, digits) {
  return "0x" + n.toString(16).padStart(digits, "0");
}

function hexDump(b, size) {
  const lines = [];
  for (let at = 0; at < b.length; at += 16) {
    const part = Array.from(b.slice(at, at + 16));
    const digits = part.map((x) => x.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((x) => (x >= 32 && x < 127 ? String.fromCharCode(x) : ".")).join("");
    lines.push(at.toString(16).padStart(4, "0") + "  " + digits.padEnd(48) + " " + text);
  }
  if (size > b.length) lines.push("and " + (size - b.length) + " bytes more");
  return lines.join("\n");
}
