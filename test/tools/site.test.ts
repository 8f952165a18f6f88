// Site files: what is refused, with file, line and key; the configuration block byte for byte.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { compileNode, crc32 } from "../../tools/site/compile.ts";
import { loadSite, parseSite } from "../../tools/site/site.ts";
import { SiteError } from "../../tools/site/toml.ts";

const GOOD = `site = 7
key = "000102030405060708090a0b0c0d0e0f"
[timing]
lease = 90

[[node]]
name = "r"
role = "redirector"
[[node.interface]]
name = "eth0"
address = "10.1.0.1/24"
link = "wan"
[[node.interface]]
name = "eth1"
address = "10.2.0.1/24"
control = true
mac = "02:00:00:00:00:01"

[[node]]
name = "s0"
role = "host"
[[node.interface]]
name = "eth0"
address = "10.2.0.10/24"
[[node.route]]
to = "default"
via = "10.2.0.1"

[[service]]
name = "web"
kind = "http"
address = "10.9.0.1"
port = 80
chain = ["s0"]
parameters = [1, 2]
keep-alive = true
`;

/** The number of the first line that contains a text. */
const lineOf = (text: string, part: string): number => 1 + text.split("\n").findIndex(l => l.includes(part));

const BAD: { what: string; from: string; to: string; key: string; says: RegExp; at?: string }[] = [
  { what: "no TOML", from: "site = 7", to: "site = = 7", key: "site", says: /TOML/ },
  { what: "an unknown key", from: "lease = 90", to: "leese = 90", key: "timing.leese", says: /one of the keys lease, margin/ },
  { what: "a board that is none", from: 'name = "s0"', to: 'board = "abacus"\nname = "s0"', key: "node[1].board", says: /found "abacus", expected one of .*pc-486-isa/ },
  { what: "a word for a number", from: "lease = 90", to: 'lease = "long"', key: "timing.lease", says: /found "long", expected a whole number from 30/ },
  { what: "a number out of range", from: "lease = 90", to: "lease = 5", key: "timing.lease", says: /found 5/ },
  { what: "a site id out of range", from: "site = 7", to: "site = 70000", key: "site", says: /65535/ },
  { what: "a short key", from: "000102030405060708090a0b0c0d0e0f", to: "0001", key: "key", says: /32 hexadecimal digits/ },
  { what: "an unknown role", from: 'role = "host"', to: 'role = "server"', key: "node[1].role", says: /"redirector", "host", "linux"/ },
  { what: "an address without length", from: '"10.2.0.10/24"', to: '"10.2.0.10"', key: "node[1].interface[0].address", says: /10\.0\.0\.1\/24/ },
  { what: "an address that is none", from: '"10.2.0.10/24"', to: '"10.2.0.300/24"', key: "node[1].interface[0].address", says: /300/ },
  { what: "an address that is taken", from: '"10.2.0.10/24"', to: '"10.2.0.1/24"', key: "node[1].interface[0].address", says: /no other interface has/ },
  { what: "a group MAC", from: "02:00:00:00:00:01", to: "03:00:00:00:00:01", key: "node[0].interface[1].mac", says: /unicast Ethernet address/ },
  { what: "a name that is taken", from: 'name = "s0"', to: 'name = "r"', key: "node[1].name", says: /no other node has/ },
  { what: "a router off the network", from: 'via = "10.2.0.1"', to: 'via = "10.3.0.1"', key: "node[1].route[0].via", says: /network of one of the node's interfaces/ },
  { what: "an unknown member", from: '["s0"]', to: '["s9"]', key: "service[0].chain", says: /found \["s9"\], expected 1 to 5 different host servers, primary first, of s0/ },
  { what: "a member twice", from: '["s0"]', to: '["s0", "s0"]', key: "service[0].chain", says: /different/ },
  { what: "no member", from: '["s0"]', to: "[]", key: "service[0].chain", says: /1 to 5/ },
  { what: "an unknown kind", from: '"http"', to: '"ftp"', key: "service[0].kind", says: /"echo"/ },
  { what: "a port out of range", from: "port = 80", to: "port = 80000", key: "service[0].port", says: /65535/ },
  { what: "a missing port", from: "port = 80\n", to: "", key: "service[0].port", says: /found nothing/, at: "[[service]]" },
  { what: "an interface's address for a virtual host", from: '"10.9.0.1"', to: '"10.2.0.1"', key: "service[0].address", says: /an address of its own/ },
  { what: "too many parameters", from: "[1, 2]", to: "[1, 2, 3, 4, 5]", key: "service[0].parameters", says: /up to 4/ },
  { what: "a parameter that is no number", from: "[1, 2]", to: "[1, -2]", key: "service[0].parameters", says: /below 2\^32/ },
  { what: "a zero key", from: "000102030405060708090a0b0c0d0e0f", to: "0".repeat(32), key: "key", says: /not all zero/ },
  { what: "a name with capitals", from: 'name = "s0"', to: 'name = "S0"', key: "node[1].name", says: /lower-case/ },
  { what: "an MTU out of range", from: 'link = "wan"', to: "mtu = 9000", key: "node[0].interface[0].mtu", says: /576 to 1500/ },
  { what: "a loopback address", from: '"10.1.0.1/24"', to: '"127.0.0.1/24"', key: "node[0].interface[0].address", says: /10\.0\.0\.1\/24/ },
  { what: "a route that is no prefix", from: 'to = "default"', to: 'to = "everywhere"', key: "node[1].route[0].to", says: /"default", or a prefix/ },
  { what: "a boolean in quotes", from: "keep-alive = true", to: 'keep-alive = "yes"', key: "service[0].keep-alive", says: /true or false/ },
  { what: "an unknown mode", from: 'kind = "http"', to: 'mode = "ha"', key: "service[0].mode", says: /"route", "nearest", "ft", "plain"/ },
  { what: "an unknown key of a service", from: "keep-alive = true", to: "keepalive = true", key: "service[0].keepalive", says: /one of the keys/ },
  { what: "a table where an array of tables belongs", from: "[[service]]", to: "[service]", key: "service", says: /\[\[service\]\]/ },
];

test("a site file that is right is read", () => {
  const s = parseSite(GOOD, "good.toml");
  assert.equal(s.timing.lease, 90);
  assert.equal(s.timing.margin, 5, "default");
  assert.deepEqual(s.services[0].chain.map(n => n.name), ["s0"]);
});

for (const row of BAD) {
  test(`a site file with ${row.what} is refused with file, line and key`, () => {
    assert.ok(GOOD.includes(row.from));
    const text = GOOD.replace(row.from, row.to);
    assert.throws(() => parseSite(text, "bad.toml"), (e: unknown) => {
      assert.ok(e instanceof SiteError, String(e));
      assert.match(e.message, row.says);
      assert.equal(e.key, row.key);
      assert.ok(e.message.startsWith(`bad.toml:${e.line}: ${row.key}: found `), e.message);
      assert.equal(e.line, lineOf(GOOD, row.at ?? row.from), e.message);
      return true;
    });
  });
}

test("a file that holds a key and is readable by others is refused", () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-")), file = path.join(dir, "site.toml");
  try {
    writeFileSync(file, GOOD);
    chmodSync(file, 0o640);
    assert.throws(() => loadSite(file), (e: unknown) => e instanceof SiteError && e.line === 2 && e.key === "key" && /chmod 600/.test(e.message));
    chmodSync(file, 0o600);
    assert.equal(loadSite(file).key![15], 15);
    writeFileSync(file, GOOD.replace(/key = .*\n/, ""));
    chmodSync(file, 0o644);
    assert.equal(loadSite(file).key, undefined);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("no example holds a key and all are right", () => {
  for (const f of ["lab.toml"]) assert.equal(loadSite(path.join(ROOT, "examples", f)).key, undefined, f);
});

test("the configuration block is byte for byte what docs/architecture.md says", () => {
  const hex = (...parts: string[]): string => parts.join("").replace(/\s/g, "");
  const records = hex(
    "0100 3000 000102030405060708090a0b0c0d0e0f 5a000000 05000000 e8030000 88130000 0300 0300 a61e a71e 0100020a", // site
    "0200 1400 00 18 dc05 024800070100 0000 0100010a", // eth0
    "0200 1400 01 18 dc05 020000000001 0000 0100020a", // eth1
    "0400 0c00 01 01 0000 0100020a", "0400 0c00 02 02 0000 0a00020a", // nodes
    "0500 4000 00 02 06 01 0100090a 5000 a005 0200000000000000 00000400 00000400 0500 1400 0300 d007 00 00 0100 01000000 02000000 00000000 00000000 00000000",
    "0700 2c00 34120000 00000000", "ab".repeat(32), // content
  );
  const block = Buffer.from(compileNode(parseSite(GOOD, "x"), "r", { content: { length: 0x1234, sha256: "ab".repeat(32) } }));
  assert.equal(block.subarray(32).toString("hex"), records);
  const length = (32 + records.length / 2).toString(16).padStart(4, "0");
  assert.equal(block.subarray(0, 12).toString("hex"), hex("4859444e 0100 0700", length.slice(2), length.slice(0, 2), "0000"));
  assert.equal(block.subarray(16, 32).toString("hex"), hex("01 01 0700", "00".repeat(12)));
  const crc = block.readUInt32LE(12);
  block.writeUInt32LE(0, 12);
  assert.equal(crc32(block), crc);
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926, "the check value of CRC-32");
});

test("a host's block has its routes, and a plain Linux node has none at all", () => {
  const s = parseSite(readFileSync(path.join(ROOT, "examples/lab.toml"), "utf8"), "lab.toml");
  assert.throws(() => compileNode(s, "s0"), /no key/);
  s.key = new Uint8Array(16).fill(1);
  assert.ok(Buffer.from(compileNode(s, "s0")).includes(Buffer.from("030010000000000000000000" + "0100020a", "hex")), "default route by 10.2.0.1");
  assert.throws(() => compileNode(s, "c"), /role "linux"/);
  assert.throws(() => compileNode(s, "zz"), /there are c, r, s0/);
});
