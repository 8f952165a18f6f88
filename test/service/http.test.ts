// The HTTP service over a packed content image: answers by table, whatever way the bytes come and go.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { pack } from "../../tools/content/image.ts";
import { Host, Kind, Peer, serviceModule } from "./host.ts";

const module = await serviceModule();

const FILES = new Map<string, Buffer>([
  ["/index.html", Buffer.from("<p>top</p>\n")],
  ["/a.txt", Buffer.from("0123456789")],
  ["/empty.txt", Buffer.alloc(0)],
  ["/dir/index.html", Buffer.from("<p>dir</p>\n")],
  ["/big.bin", Buffer.from(Array.from({ length: 50_000 }, (_, i) => i * 7 & 255))],
  ["/a b%.txt", Buffer.from("blank")],
  ["/\u00e9t\u00e9.txt", Buffer.from("summer")],
  ...Array.from({ length: 200 }, (_, i) => [`/many/${i}.txt`, Buffer.from(`number ${i}`)] as [string, Buffer]),
]);
const IMAGE = pack(FILES);
const tag = (path: string): string => `"${createHash("sha256").update(FILES.get(path)!).digest("hex").slice(0, 16)}"`;
const A = tag("/a.txt");

interface Reply { status: number; version: string; fields: Map<string, string>; body: Buffer }

/** Splits an output into its answers; `heads` says which requests had a HEAD's answer. */
function replies(out: Buffer, heads: boolean[] = []): Reply[] {
  const all: Reply[] = [];
  let at = 0;
  while (at < out.length) {
    const end = out.indexOf("\r\n\r\n", at);
    assert.ok(end >= 0, `no end of the head in ${JSON.stringify(out.toString("latin1", at, at + 200))}`);
    const [first, ...lines] = out.toString("latin1", at, end).split("\r\n"), m = /^(HTTP\/1\.1) (\d{3}) (.+)$/.exec(first);
    assert.ok(m, first);
    const fields = new Map(lines.map(l => { const f = /^([A-Za-z-]+): (.*)$/.exec(l); assert.ok(f, l); return [f[1].toLowerCase(), f[2]]; }));
    assert.equal(fields.size, lines.length, "a field comes twice");
    const status = Number(m[2]), none = heads[all.length] || status === 304 || status === 100;
    const n = none ? 0 : Number(fields.get("content-length"));
    assert.ok(Number.isInteger(n), `${first}: no length`);
    all.push({ status, version: m[1], fields, body: out.subarray(end + 4, end + 4 + n) });
    at = end + 4 + n;
  }
  assert.equal(at, out.length, "the last answer is cut short");
  return all;
}

const open = (room?: number): Peer => new Host(module, { kind: Kind.http, content: IMAGE }).connect(0, room);
const get = (path: string, extra = "", method = "GET"): string => `${method} ${path} HTTP/1.1\r\nHost: h\r\n${extra}\r\n`;

interface Row { name: string; request: string; status: number; body?: string | Buffer; fields?: Record<string, string | undefined>; closed?: boolean }

const ROWS: Row[] = [
  { name: "a file", request: get("/a.txt"), status: 200, body: "0123456789", fields: { "content-type": "text/plain; charset=utf-8", etag: A, "accept-ranges": "bytes", connection: undefined, date: undefined } },
  { name: "the top folder's index", request: get("/"), status: 200, body: "<p>top</p>\n", fields: { "content-type": "text/html; charset=utf-8" } },
  { name: "a folder's index", request: get("/dir/"), status: 200, body: "<p>dir</p>\n" },
  { name: "a folder without its slash", request: get("/dir"), status: 404, body: "404 Not Found\n" },
  { name: "an empty file", request: get("/empty.txt"), status: 200, body: "" },
  { name: "a large file", request: get("/big.bin"), status: 200, body: FILES.get("/big.bin"), fields: { "content-type": "application/octet-stream" } },
  { name: "no such file", request: get("/nothing"), status: 404, body: "404 Not Found\n" },
  { name: "a path of 1,500 bytes", request: get(`/${"x".repeat(1500)}`), status: 404 },
  { name: "a query", request: get("/a.txt?x=1/../%zz"), status: 200, body: "0123456789" },
  { name: "percent escapes", request: get("/%61%2etxt"), status: 200, body: "0123456789" },
  { name: "escaped blank and percent", request: get("/a%20b%25.txt"), status: 200, body: "blank" },
  { name: "UTF-8 in a path", request: get("/%C3%A9t%c3%a9.txt"), status: 200, body: "summer" },
  { name: "absolute form", request: get("http://h:80/a.txt"), status: 200, body: "0123456789" },
  { name: "absolute form without a path", request: get("http://h"), status: 200, body: "<p>top</p>\n" },
  { name: "absolute form with only a query", request: get("http://h?q"), status: 200, body: "<p>top</p>\n" },
  { name: "bare line feeds", request: "GET /a.txt HTTP/1.1\nHost: h\n\n", status: 200, body: "0123456789" },
  { name: "empty lines first", request: "\r\n\n\r\n" + get("/a.txt"), status: 200, body: "0123456789" },
  { name: "HTTP/1.0", request: "GET /a.txt HTTP/1.0\r\n\r\n", status: 200, fields: { connection: "close" }, closed: true },
  { name: "HTTP/1.0 with keep-alive", request: "GET /a.txt HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", status: 200, fields: { connection: "keep-alive" } },
  { name: "a later minor version", request: "GET /a.txt HTTP/1.9\r\nHost: h\r\n\r\n", status: 200 },
  { name: "Connection: close", request: get("/a.txt", "connection: x , CLOSE\r\n"), status: 200, fields: { connection: "close" }, closed: true },
  { name: "blanks around values", request: get("/a.txt", "Connection:\t close \t\r\n"), status: 200, closed: true },
  { name: "a body is skipped", request: get("/a.txt", "Content-Length: 5\r\n") + "GET /", status: 200, body: "0123456789" },
  { name: "a chunked body is skipped", request: get("/a.txt", "Transfer-Encoding: chunked\r\n") + "3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: u\r\n\r\n", status: 200 },
  // conditions
  { name: "the tag that the client has", request: get("/a.txt", `If-None-Match: ${A}\r\n`), status: 304, fields: { etag: A, "content-length": undefined } },
  { name: "a weak tag in a list", request: get("/a.txt", `If-None-Match: "x", W/${A}\r\n`), status: 304 },
  { name: "any tag", request: get("/a.txt", "If-None-Match: *\r\n"), status: 304 },
  { name: "any tag of nothing", request: get("/none", "If-None-Match: *\r\n"), status: 404 },
  { name: "another tag", request: get("/a.txt", `If-None-Match: ${tag("/big.bin")}\r\n`), status: 200 },
  { name: "a tag in capitals is another", request: get("/a.txt", `If-None-Match: ${A.toUpperCase()}\r\n`), status: /[a-f]/.test(A) ? 200 : 304 },
  // ranges
  ...([
    ["0-0", 206, "0", "0-0/10"], ["2-5", 206, "2345", "2-5/10"], ["7-", 206, "789", "7-9/10"], ["-3", 206, "789", "7-9/10"], ["-99", 206, "0123456789", "0-9/10"],
    ["5-99", 206, "56789", "5-9/10"], ["9-4294967295", 206, "9", "9-9/10"], ["0-99999999999999999", 206, "0123456789", "0-9/10"],
    ["10-", 416, "416 Range Not Satisfiable\n", "*/10"], ["-0", 416, undefined, "*/10"], ["99999999999-", 416, undefined, "*/10"],
    ["5-2", 200, "0123456789"], ["x-2", 200], ["-", 200], ["", 200], ["1-2,4-5", 200], ["1-2, 1-2", 200], ["1-2x", 200], ["0x1-2", 200],
  ] as [string, number, string?, string?][]).map(([r, status, body, range]) => ({
    name: `range ${JSON.stringify(r)}`, request: get("/a.txt", `Range: bytes=${r}\r\n`), status, body, fields: { "content-range": range && `bytes ${range}` },
  })),
  { name: "a range of an empty file", request: get("/empty.txt", "Range: bytes=0-\r\n"), status: 416, fields: { "content-range": "bytes */0" } },
  { name: "a suffix of an empty file", request: get("/empty.txt", "Range: bytes=-5\r\n"), status: 416 },
  { name: "a range in other units", request: get("/a.txt", "Range: lines=1-2\r\n"), status: 200 },
  { name: "a unit in capitals", request: get("/a.txt", "Range: Bytes=1-2\r\n"), status: 206, body: "12" },
  { name: "two Range fields", request: get("/a.txt", "Range: bytes=1-2\r\nRange: bytes=3-4\r\n"), status: 200 },
  { name: "a range with the file's tag", request: get("/a.txt", `Range: bytes=1-2\r\nIf-Range: ${A}\r\n`), status: 206, body: "12" },
  { name: "a range with another tag", request: get("/a.txt", `If-Range: "0123456789abcdef"\r\nRange: bytes=1-2\r\n`), status: 200 },
  { name: "a range with a weak tag", request: get("/a.txt", `Range: bytes=1-2\r\nIf-Range: W/${A}\r\n`), status: 200 },
  { name: "a range with a date", request: get("/a.txt", "Range: bytes=1-2\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), status: 200 },
  { name: "a range of a file that the client has", request: get("/a.txt", `Range: bytes=1-2\r\nIf-None-Match: ${A}\r\n`), status: 304 },
  { name: "HEAD ignores a range", request: get("/a.txt", "Range: bytes=1-2\r\n", "HEAD"), status: 200, fields: { "content-length": "10" } },
  // methods
  { name: "HEAD", request: get("/big.bin", "", "HEAD"), status: 200, fields: { "content-length": "50000" } },
  { name: "HEAD of nothing", request: get("/none", "", "HEAD"), status: 404, fields: { "content-length": "14" } },
  ...["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"].map(m => ({ name: m, request: get("/a.txt", "", m), status: 405, fields: { allow: "GET, HEAD" } })),
  { name: "OPTIONS *", request: get("*", "", "OPTIONS"), status: 405 },
  { name: "CONNECT", request: get("h:80", "", "CONNECT"), status: 405 },
  { name: "POST with a body", request: get("/a.txt", "Content-Length: 3\r\n", "POST") + "abc", status: 405 },
  { name: "an unknown method", request: get("/a.txt", "", "BREW"), status: 501, closed: true },
  { name: "a method in small letters", request: get("/a.txt", "", "get"), status: 501, closed: true },
  { name: "a method of 500 letters", request: get("/a.txt", "", "G".repeat(500)), status: 501, closed: true },
  // refusals, each of which ends the connection
  ...([
    ["a path that climbs", get("/../a.txt"), 400], ["an escaped climb", get("/%2e%2E/a.txt"), 400], ["a climb at the end", get("/dir/.."), 400],
    ["a dot segment", get("/./a.txt"), 400], ["a climb before a query", get("/dir/..?x"), 400], ["an escaped slash", get("/dir%2findex.html"), 400],
    ["an escaped backslash", get("/..%5ca.txt"), 400], ["an escaped NUL", get("/a.txt%00"), 400], ["half an escape", get("/a%2"), 400], ["a wrong escape", get("/%zz"), 400],
    ["a fragment", get("/a.txt#x"), 400], ["no slash", get("a.txt"), 400], ["another scheme's letter", get("ftp://h/a.txt"), 400], ["asterisk for GET", get("*"), 400],
    ["no target", "GET  HTTP/1.1\r\nHost: h\r\n\r\n", 400], ["two blanks", "GET /a.txt  HTTP/1.1\r\nHost: h\r\n\r\n", 400], ["a blank first", " GET / HTTP/1.1\r\n\r\n", 400],
    ["HTTP/0.9", "GET /a.txt\r\n", 400], ["a control character in the target", "GET /a\x01b HTTP/1.1\r\n\r\n", 400], ["no method", "\x16\x03\x01\x02\x00", 400],
    ["a target of 2,049 bytes", get(`/${"x".repeat(2048)}`), 414], ["a target without end", `GET /${"x".repeat(100_000)}`, 414], ["a method without end", "G".repeat(3000) + "\r\n", 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505], ["version 3", "GET / HTTP/3.0\r\n\r\n", 505], ["a version in words", "GET / HTTP/one\r\n\r\n", 400], ["http in small letters", "GET / http/1.1\r\n\r\n", 400],
    ["a bare carriage return", "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400], ["no Host", "GET / HTTP/1.1\r\n\r\n", 400], ["two Hosts", get("/", "Host: i\r\n"), 400],
    ["a folded line", get("/", "X: a\r\n b\r\n"), 400], ["a blank before the colon", get("/", "X : a\r\n"), 400], ["no colon", get("/", "X\r\n"), 400], ["no name", get("/", ": a\r\n"), 400],
    ["a NUL in a value", get("/", "X: a\0b\r\n"), 400], ["a head without end", get("/", `X: ${"y".repeat(9000)}`), 431], ["ten thousand fields", get("/", "A: b\r\n".repeat(10_000)), 431],
    ["two lengths", get("/", "Content-Length: 3\r\nContent-Length: 4\r\n"), 400], ["a length of nothing", get("/", "Content-Length:\r\n"), 400],
    ["a negative length", get("/", "Content-Length: -1\r\n"), 400], ["a length with a sign", get("/", "Content-Length: +1\r\n"), 400],
    ["a length in hex", get("/", "Content-Length: 0x10\r\n"), 400], ["a large body", get("/", "Content-Length: 65537\r\n"), 413],
    ["an enormous body", get("/", "Content-Length: 99999999999999999999\r\n"), 413], ["a length of 40 digits", get("/", `Content-Length: ${"1".repeat(40)}\r\n`), 400],
    ["length and chunks", get("/", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400], ["chunks in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["another coding", get("/", "Transfer-Encoding: gzip, chunked\r\n"), 501], ["chunked twice", get("/", "Transfer-Encoding: chunked, chunked\r\n"), 501],
    ["a chunk size in words", get("/", "Transfer-Encoding: chunked\r\n") + "xyz\r\n", 400], ["a large chunk", get("/", "Transfer-Encoding: chunked\r\n") + "10001\r\n", 413],
    ["an enormous chunk", get("/", "Transfer-Encoding: chunked\r\n") + "ffffffffffffffffffff\r\n", 413], ["a chunk that goes on", get("/", "Transfer-Encoding: chunked\r\n") + "1\r\nab\r\n", 400],
    ["trailers without end", get("/", "Transfer-Encoding: chunked\r\n") + "0\r\n" + "T: u\r\n".repeat(20_000), 413],
  ] as [string, string, number][]).map(([name, request, status]) => ({ name, request, status, fields: { connection: "close" }, closed: true })),
];

function expect(row: Row, out: Buffer, closed: boolean): void {
  const all = replies(out, [/^HEAD/.test(row.request)]);
  assert.equal(all.length, 1, `${all.length} answers`);
  const [r] = all;
  assert.equal(r.status, row.status);
  if (row.body !== undefined) assert.ok(r.body.equals(Buffer.from(row.body as string)), `body ${JSON.stringify(r.body.toString("latin1").slice(0, 80))}`);
  for (const [k, v] of Object.entries(row.fields ?? {})) assert.equal(r.fields.get(k), v, k);
  assert.equal(closed, row.closed ?? false, "closed");
}

for (const row of ROWS) {
  test(`${row.name} is answered ${row.status}`, () => {
    const p = open();
    p.send(row.request);
    expect(row, p.bytes, p.closed);
    assert.equal(p.unread, 0);
    assert.equal(p.aborted, false);
  });
}

test("every answer is the same when its request comes byte by byte", () => {
  for (const row of ROWS) {
    const whole = open(), slow = open();
    whole.send(row.request);
    for (const ch of row.request.slice(0, 12_000)) slow.send(ch);
    if (row.request.length > 12_000) slow.send(row.request.slice(12_000));
    assert.equal(slow.text, whole.text, row.name);
    assert.equal(slow.closed, whole.closed, row.name);
  }
});

test("every answer is the same when it goes out in small pieces", () => {
  for (const row of ROWS) {
    const whole = open();
    whole.send(row.request);
    for (const step of [1, 7, 61]) {
      const slow = open(0);
      slow.send(row.request);
      for (let i = 0; i < whole.bytes.length + 1; i += step) slow.free(step);
      assert.ok(slow.bytes.equals(whole.bytes), `${row.name}, ${step} at a time`);
      assert.equal(slow.closed, whole.closed, row.name);
      if (whole.bytes.length > 10_000) break;
    }
  }
});

test("every answer is the same when the content comes later", () => {
  let n = 0;
  for (const row of ROWS) {
    const whole = open(), h = new Host(module, { kind: Kind.http, content: IMAGE, later: () => n++ % 3 !== 2 }), slow = h.connect(0, 9000);
    whole.send(row.request);
    slow.send(row.request);
    for (let i = 0; i < 200; i++) slow.resume();
    slow.free(1_000_000);
    for (let i = 0; i < 200; i++) slow.resume();
    assert.ok(slow.bytes.equals(whole.bytes), row.name);
    assert.equal(slow.closed, whole.closed, row.name);
  }
});

test("a host that holds only what was asked for last is enough: each step is one read", () => {
  let held = -1;
  const later = (offset: number): boolean => { const miss = held !== offset; held = offset; return miss; };
  const p = new Host(module, { kind: Kind.http, content: IMAGE, later }).connect();
  p.send(get("/many/77.txt", "Connection: close\r\n"));
  for (let i = 0; i < 100 && !p.closed; i++) p.resume();
  assert.equal(replies(p.bytes)[0].body.toString(), "number 77");
});

test("every file of the image is found", () => {
  const p = open();
  for (const path of FILES.keys()) p.send(get(encodeURI(path).replace("#", "%23")));
  const all = replies(p.bytes);
  assert.deepEqual(all.map(r => r.status), [...FILES.keys()].map(() => 200));
  [...FILES.values()].forEach((b, i) => assert.ok(all[i].body.equals(b)));
});

test("pipelined requests are answered in their order, also over a narrow path", () => {
  const wanted = get("/a.txt") + get("/none") + get("/big.bin") + get("/a.txt", "", "HEAD") + get("/a.txt", "Range: bytes=1-2\r\n") + get("/dir/", "Connection: close\r\n") + get("/a.txt");
  const p = open(0);
  p.send(wanted);
  for (let i = 0; i < 3000 && !p.closed; i++) p.free(37);
  const all = replies(p.bytes, [false, false, false, true]);
  assert.deepEqual(all.map(r => r.status), [200, 404, 200, 200, 206, 200]);
  assert.equal(p.closed, true);
  p.free(1000);
  assert.equal(p.unread, 0);
});

test("requests of a client that has closed its direction are answered before ours is closed", () => {
  const p = open(10);
  p.send(get("/a.txt") + get("/dir/")).end();
  assert.equal(p.closed, false);
  p.free(100_000);
  assert.deepEqual(replies(p.bytes).map(r => r.body.toString()), ["0123456789", "<p>dir</p>\n"]);
  assert.equal(p.closed, true);
});

test("a request that the client leaves unfinished has no answer", () => {
  for (const part of ["", "G", "GET / HT", get("/").slice(0, -2), get("/", "Content-Length: 9\r\n") + "12345678"]) {
    const p = open();
    p.send(part).end();
    assert.equal(p.text, "");
    assert.equal(p.closed, true);
  }
});

test("a client that expects 100 is told to proceed", () => {
  const p = open(), body = get("/a.txt", "Expect: 100-continue\r\nContent-Length: 4\r\n", "POST");
  p.send(body);
  assert.equal(p.text, "HTTP/1.1 100 Continue\r\n\r\n");
  p.send("abcd");
  assert.deepEqual(replies(p.bytes).map(r => r.status), [100, 405]);
});

test("what follows a refusal is thrown away", () => {
  const p = open();
  p.send("nonsense\r\n\r\n").send(get("/a.txt")).send(Buffer.alloc(50_000, 65));
  assert.deepEqual(replies(p.bytes).map(r => r.status), [400]);
  assert.equal(p.unread, 0);
});

test("without content, or with a damaged index, nothing is found", () => {
  const wrong = Buffer.from(IMAGE), short = Buffer.from(IMAGE), far = Buffer.from(IMAGE);
  wrong.writeUInt32LE(1, 0);
  short.writeUInt32LE(0xffffffff, 12);
  far.writeUInt32LE(0xfffffff0, 16);
  for (const content of [undefined, Buffer.alloc(10), wrong, short, far]) {
    const p = new Host(module, { kind: Kind.http, content }).connect();
    p.send(get("/none"));
    assert.deepEqual(replies(p.bytes).map(r => r.status), [404]);
  }
});

test("an image whose file lies outside it resets the connection", () => {
  const bad = Buffer.from(IMAGE);
  for (let e = 64; e < bad.readUInt32LE(20); e += 64) bad.writeUInt32LE(0x7fffff00, e + 16);
  const p = new Host(module, { kind: Kind.http, content: bad }).connect();
  p.send(get("/a.txt"));
  assert.equal(p.aborted, true);
});

test("random bytes never trap and never stop the service", () => {
  let seed = 12345;
  const rnd = (n: number): number => { seed = Math.imul(seed, 1103515245) + 12345 >>> 0; return (seed >>> 8) % n; };
  const words = ["GET ", "HEAD ", "/a.txt", " HTTP/1.1", "\r\n", "\n", ":", "Host: h", "Range: bytes=", "-", "1", "999999999999", "%", "%2e", "Content-Length: ", "\0", "\xff", "..", ",", "chunked", "Transfer-Encoding: "];
  const h = new Host(module, { kind: Kind.http, content: IMAGE });
  for (let round = 0; round < 3000; round++) {
    const p = h.connect(round & 7, rnd(400));
    let sent = "";
    for (let n = rnd(40); n > 0; n--) sent += rnd(5) ? words[rnd(words.length)] : String.fromCharCode(rnd(256));
    p.send(sent);
    p.end().free(1_000_000);
    assert.equal(p.closed, true, JSON.stringify(sent));
    assert.equal(p.unread, 0);
  }
});
