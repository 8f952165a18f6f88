// The wire does not show a takeover: what nmap makes of a service, and what a connection's segments look like, is the same before and after the primary
// died. Times of the network are nmap's to judge; test/sim/fingerprint.test.ts has the exact ones.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { Raw } from "../../tools/campaign/raw.ts";
import { ROOT } from "../../tools/asc.ts";
import { Lab, sleep, until } from "../../tools/lab/lab.ts";

const SERVICE = "10.9.0.1";

/**
 * What nmap -O found, by test: SEQ (IP identifications), OPS and WIN (options and windows of six SYNs), ECN, T1 to T7 (odd segments to an open
 * and a closed port), U1 (a closed UDP port), IE (echoes). Left out is what depends on chance: SEQ's statistics of sequence numbers, and of timestamps, whose offset is
 * another for each connection.
 */
async function scan(lab: Lab): Promise<Record<string, string>> {
  const r = await lab.exec("c", "nmap", ["--privileged", "-n", "-Pn", "-O", "-d", "--max-os-tries", "1", "-p", "7,99", SERVICE], 120_000);
  const text = [...r.stdout.matchAll(/^OS:(.*)$/gm)].map(m => m[1].trim()).join("");
  assert.match(text, /^SCAN\(/, r.stdout + r.stderr);
  const found: Record<string, string> = {};
  for (const [, name, body] of text.matchAll(/([A-Z][A-Z0-9]*)\(([^)]*)\)/g)) {
    if (name === "SCAN") continue;
    found[name] = name === "SEQ" ? body.split("%").filter(f => !/^(SP|GCD|ISR|TS)=/.test(f)).join("%") : body;
  }
  return found;
}

/** The same from two scans in a row: a probe that was lost, or late on a busy machine, is no trait of the service. */
async function fingerprint(lab: Lab): Promise<Record<string, string>> {
  let last = await scan(lab);
  for (let i = 0; i < 4; i++) {
    const next = await scan(lab);
    if (JSON.stringify(next) === JSON.stringify(last)) return next;
    last = next;
  }
  assert.fail(`nmap found something else each time: ${JSON.stringify(last)}`);
}

interface Seen { port: number; ttl: number; tos: number; id: number; df: boolean; flags: number; seq: number; ack: number; window: number; kinds: string; tsVal: number; scale: number }

/** A segment of the service. */
function look(p: Buffer): Seen | undefined {
  const hl = (p[0] & 15) * 4, t = p.subarray(hl);
  if (p[9] !== 6 || p.readUInt32BE(12) !== 0x0a090001) return undefined;
  const seen: Seen = { port: t.readUInt16BE(2), ttl: p[8], tos: p[1], id: p.readUInt16BE(4), df: (p[6] & 0x40) !== 0, flags: t[13], seq: t.readUInt32BE(4), ack: t.readUInt32BE(8), window: t.readUInt16BE(14), kinds: "", tsVal: 0, scale: 0 };
  const kinds: number[] = [];
  for (let at = 20, end = (t[12] >> 4) * 4; at < end; at += t[at] === 1 ? 1 : Math.max(2, t[at + 1])) {
    kinds.push(t[at]);
    if (t[at] === 8) seen.tsVal = t.readUInt32BE(at + 2);
    if (t[at] === 3) seen.scale = t[at + 2];
    if (t[at] === 2) kinds.push(t.readUInt16BE(at + 2));
  }
  seen.kinds = kinds.join(",");
  return seen;
}

test("nmap and a client's own connections see the same machine before and after a takeover", { timeout: 600_000 }, async () => {
  const lab = await Lab.up(path.join(ROOT, "examples/lab.toml")), raw = new Raw(lab, "c"), seen: Seen[] = [];
  raw.onPacket = p => { const s = look(p); if (s) seen.push(s); };
  try {
    const chain = await lab.ready("echo", 3);
    const before = await fingerprint(lab);
    for (const t of ["SEQ", "OPS", "WIN", "ECN", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "U1", "IE"]) assert.ok(t in before, `nmap gave ${Object.keys(before).join(" ")}`);
    seen.length = 0;
    const lines = Array.from({ length: 200 }, (_, i) => `${i}\n`).join("");
    const talk = lab.exec("c", "sh", ["-c", `for i in $(seq 0 199); do echo $i; sleep 0.02; done | nc -N -w 10 ${SERVICE} 7`], 60_000);
    await until("the connection has moved", 20_000, () => seen.length > 40);
    await lab.kill(chain[0]);
    const atKill = seen.length;
    assert.equal((await talk).stdout, lines);
    await lab.ready("echo", 2);
    const live = seen.slice();
    assert.ok(live.length - atKill > 40, "the connection went on behind the takeover");
    assert.deepEqual(await fingerprint(lab), before);
    judge(live);
    // a new connection's SYN-ACK has the options of the one before
    seen.length = 0;
    await lab.exec("c", "sh", ["-c", `echo x | nc -N -w 5 ${SERVICE} 7`], 20_000);
    await sleep(50);
    const synAck = (s: Seen): string => `${s.ttl} ${s.id} ${s.df} ${s.kinds} ${s.window} ${s.scale}`;
    assert.equal(synAck(seen.find(s => (s.flags & 18) === 18)!), synAck(live.find(s => (s.flags & 18) === 18)!));
  } finally {
    raw.end();
    lab.down();
  }
});

/** One connection's segments through the takeover. */
function judge(all: Seen[]): void {
  const scale = all.find(s => (s.flags & 18) === 18)!.scale, rest = all.filter(s => (s.flags & 2) === 0);
  for (const what of ["ttl", "tos", "id", "df", "port"] as const) assert.deepEqual([...new Set(all.map(s => s[what]))].length, 1, what);
  assert.equal(all[0].id, 0);
  assert.ok(all[0].df);
  assert.deepEqual([...new Set(rest.map(s => s.kinds))], ["1,1,8"], "options, and their order");
  const later = (a: number, b: number): boolean => (b - a | 0) >= 0;
  for (let i = 1; i < rest.length; i++) {
    const a = rest[i - 1], b = rest[i];
    assert.ok(later(a.tsVal, b.tsVal), `TSval ${a.tsVal} then ${b.tsVal}`);
    assert.ok(later(a.ack, b.ack), "the acknowledgement goes on");
    // the field counts units of 2^scale and is rounded up
    assert.ok(later(a.ack + a.window * 2 ** scale, b.ack + (b.window + 1) * 2 ** scale - 1), "the window's right edge stays");
  }
}
