// Site files as text, and the configuration blocks that modules take: what is wrong is refused by name, and what is accepted runs.

import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../../tools/asc.ts";
import { compileNode } from "../../../tools/site/compile.ts";
import { parseSite, type Site } from "../../../tools/site/site.ts";
import { SiteError } from "../../../tools/site/toml.ts";
import { crc32 } from "../../sim/config.ts";
import { Violation } from "../../sim/engine.ts";
import { type Input } from "../input.ts";
import { Machine } from "../machine.ts";
import { Source } from "../source.ts";
import { type FuzzModules, judged, type Result, type Target } from "../target.ts";

const EXAMPLES = ["examples/lab.toml", "tools/campaign/site.toml"].map(f => readFileSync(path.join(ROOT, f), "utf8"));
const KEY = 'key = "000102030405060708090a0b0c0d0e0f"\n';
/** What values are put in the place of others. */
const VALUES = ["0", "-1", "1", "65535", "65536", "1e3", "0x10", "99999999999999999999", "4294967296", "true", "false", '""', '"x"', '"10.0.0.1"', '"10.0.0.1/33"', '"0.0.0.0/0"', '"default"', "[]", '["s0"]', "[[]]", "{}",
  "nan", "1979-05-27", '"\\u0000"', '"s0"', '"ft"', '"plain"', '"nearest"', '"route"', '"host"', '"redirector"', '"linux"', "\"\"\"\na\"\"\""];
const KEYS = ["site", "key", "name", "role", "address", "chain", "port", "mode", "kind", "via", "to", "interface", "link", "mtu", "mss", "lease", "probes", "parameters", "metric", "__proto__", "constructor", "a.b"];
/** Errors that `init` may give (host/ABI.md), and those of layers behind it. */
const LEAST = -12;

export const site: Target = {
  name: "site",
  about: "site files as text: refused with file, line, key and what was expected, or every node's block is taken by its module",
  acts: 12,
  run(modules, input) { return siteFile(modules, input); },
};

function siteFile(modules: FuzzModules, input: Input): Result {
  const features = new Set<string>();
  return judged(features, () => {
    let text = KEY + EXAMPLES[(input[0]?.[0] ?? 0) % EXAMPLES.length];
    for (const act of input) text = edited(text, new Source(act));
    let parsed: Site;
    try { parsed = parseSite(text, "site.toml"); } catch (e) {
      if (!(e instanceof SiteError)) throw e;
      features.add(`refused ${e.message.replace(/site\.toml:\d+/, "").replace(/found .*?, expected/, "found, expected").replace(/\d+/g, "#").slice(0, 80)}`);
      return e.message;
    }
    if (!parsed.key) return "no key";
    return parsed.nodes.filter(n => n.role !== "linux").map(n => block(modules, parsed, n.name, n.role, features)).join(" ");
  });
}

/** The block of a node: too much for it, or its module says why not, or it runs. */
function block(modules: FuzzModules, s: Site, name: string, role: string, features: Set<string>): string {
  let b: Uint8Array;
  try { b = compileNode(s, name); } catch (e) {
    if (!/at most \d+ fit/.test((e as Error).message)) throw e;
    return "too large";
  }
  const m = new Machine(role === "redirector" ? modules.redirector : modules.host), err = m.init(b);
  if (err !== 0 && err !== -6) throw new Violation(`the block of ${name}, which tools/site made, is refused with ${err}`);
  if (err === 0) for (let i = 0; i < 20; i++) m.poll(i * 10_000);
  features.add(`${role} ${err}`);
  return `${name} ${err}`;
}

/** The text with one line or one value otherwise. */
function edited(text: string, s: Source): string {
  const lines = text.split("\n"), i = s.below(lines.length), eq = lines[i].indexOf("=");
  switch (s.below(9)) {
    case 0: lines.splice(i, 1); break;
    case 1: lines.splice(i, 0, lines[s.below(lines.length)]); break;
    case 2: lines.splice(i, 0, `${s.pick(KEYS)} = ${s.pick(VALUES)}`); break;
    case 3: lines.splice(i, 0, s.pick(["[[node]]", "[[service]]", "[[node.interface]]", "[[service.metric]]", "[timing]", "[detector]", "[ports]", "[node]", "[[x]]"])); break;
    case 4: { const b = lines[i], at = s.below(b.length + 1); lines[i] = b.slice(0, at) + String.fromCharCode(s.u8()) + b.slice(at + s.below(2)); break; }
    case 5: lines[i] = lines[i].slice(0, s.below(lines[i].length + 1)); break;
    case 6: if (eq > 0) lines[i] = `${lines[i].slice(0, eq)}= ${lines[i].slice(eq + 1).replace(/\d+/, d => String(s.near(Number(d))))}`; break;
    default: if (eq > 0) lines[i] = `${lines[i].slice(0, eq)}= ${s.pick(VALUES)}`; break;
  }
  return lines.join("\n");
}

export const init: Target = {
  name: "init",
  about: "configuration blocks of any content: refused by a named error, or the node runs and takes frames",
  acts: 12,
  run(modules, input) {
    const features = new Set<string>();
    return judged(features, () => {
      const pick = input[0]?.[0] ?? 0, s = parseSite(KEY + EXAMPLES[pick % EXAMPLES.length], "site.toml"), nodes = s.nodes.filter(n => n.role !== "linux"), n = nodes[(pick >> 1) % nodes.length];
      let b = compileNode(s, n.name);
      for (const act of input) b = damaged(b, new Source(act));
      const r = n.role === "redirector", m = new Machine(r ? modules.redirector : modules.host), err = m.init(b);
      if (err > 0 || err < LEAST) throw new Violation(`init says ${err}, which is no error of its own`);
      features.add(`${n.role} ${err}`);
      if (err !== 0) return String(err);
      for (let i = 0; i < 60; i++) {
        for (let k = 0; k < m.ifaces; k++) m.frame(k, probe(k, i));
        m.poll(i * 7_000);
      }
      m.status();
      return m.hash();
    });
  },
};

/** A frame that a station might send: an ARP request, or an IP packet to an address of the interface's block. */
function probe(iface: number, i: number): Uint8Array {
  const b = new Uint8Array(60).map((_, k) => k * 37 + i);
  b.fill(255, 0, 6);
  b.set(i % 2 ? [8, 6, 0, 1, 8, 0, 6, 4, 0, 1] : [8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, i % 256], 12);
  b[6] = 2 + iface;
  return b;
}

/** Records changed, repeated, left out; head and checksum are made good, mostly. */
function damaged(b: Uint8Array, s: Source): Uint8Array {
  const records: Uint8Array[] = [], v = new DataView(b.buffer, b.byteOffset);
  for (let at = 32; at + 4 <= b.length;) { const n = Math.max(4, v.getUint16(at + 2, true)); records.push(b.slice(at, at + n)); at += n; }
  const i = s.below(Math.max(1, records.length)), r = records[i], head = b.slice(0, 32);
  switch (s.below(8)) {
    case 0: records.splice(i, 1); break;
    case 1: if (r) for (let k = s.pick([1, 1, 2, 9, 40]); k > 0; k--) records.splice(i, 0, r.slice()); break;
    case 2: if (r) records[i] = r.slice(0, s.below(r.length)); break;
    case 3: head[s.pick([16, 17, 18, 19, 6, 7, 4])] = s.u8(); break;
    case 4: if (r && r.length >= 4) r[s.below(4)] = s.u8(); break;
    default: if (r) for (let k = s.between(1, 3); k > 0; k--) r[s.between(Math.min(4, r.length - 1), r.length - 1)] = s.oneIn(3) ? s.u8() : s.pick([0, 1, 2, 31, 32, 127, 255]);
  }
  const out = Uint8Array.from(Buffer.concat([head, ...records])), w = new DataView(out.buffer);
  if (!s.oneIn(10)) { w.setUint16(6, records.length, true); w.setUint32(8, out.length, true); }
  w.setUint32(12, 0, true);
  w.setUint32(12, s.oneIn(20) ? 1 : crc32(out), true);
  return out.length > 16384 ? out.slice(0, 16384) : out;
}
