// Requests to the HTTP service: any bytes in any pieces. What comes back is a sequence of whole answers, or the end; others are served meanwhile.

import { Violation } from "../../sim/engine.ts";
import { addr, Flag } from "../../sim/packet.ts";
import { Text } from "../../sim/pattern.ts";
import { Random } from "../../sim/random.ts";
import { answers, requests } from "../../sim/web.ts";
import { VHOST } from "../../sim/world.ts";
import { Bed, MS, SECOND, WEB } from "../bed.ts";
import { Source } from "../source.ts";
import { judged, type Target } from "../target.ts";

const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "get", "G", "", "TRACE"];
const PATHS = ["/100.bin", "/0.bin", "/5000.bin", "/60000.bin", "/", "/missing", "/../etc/passwd", "/%2e%2e/", "/100.bin?x=1", "/%31%30%30.bin", "/%", "/%zz", "*", "http://site/100.bin", "//", "/a#b", "/\0"];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.", "http/1.1", "", "HTTP/1.1 x"];
const FIELDS = ["Host: site", "Host:", "Host: a\r\nHost: b", "Connection: close", "Connection: keep-alive", "Connection: close, x", "Content-Length: 5", "Content-Length: -1", "Content-Length: 99999999999", "Content-Length: 5\r\nContent-Length: 6",
  "Transfer-Encoding: chunked", "Transfer-Encoding: x", "Range: bytes=0-9", "Range: bytes=9-0", "Range: bytes=-5", "Range: bytes=5-", "Range: bytes=0-1,3-4", "Range: bytes=99999999999-", "Range: x", "If-Range: x", "Expect: 100-continue",
  "Upgrade: h2c", " folded", "Bad Field: x", "X: \x01", ":", "X", "If-None-Match: \"x\"", "Accept-Encoding: gzip"];

export const http: Target = {
  name: "http",
  about: "HTTP requests of any bytes in any pieces: whole answers or the end of the connection; others are served beside it",
  acts: 24,
  run(modules, input, log) {
    const features = new Set<string>();
    return judged(features, () => {
      const bed = new Bed(modules, { victims: 1, log }), list = requests(new Random(1, "web"), 10), out = new Text(list.map(x => x.text).join(""));
      bed.world.flow(0, { name: "web", addr: addr(VHOST), port: WEB, out, outBytes: out.length, shut: "received", judge: all => answers(all, list) });
      for (const [i, act] of input.entries()) { one(bed, 5000 + i, new Source(act), features); bed.grown("http", features); }
      bed.finish();
      return bed.world.engine.hash();
    });
  },
};

/** One connection with one or more requests, to its end. */
function one(bed: Bed, port: number, s: Source, features: Set<string>): void {
  const c = bed.attacker.conn(port, WEB, { isn: s.u16() });
  bed.sent(c.build(-1, { flags: Flag.syn }));
  c.syn();
  bed.run(3 * MS);
  const text = textOf(s), piece = s.pick([1400, 1400, 100, 7, 1]);
  for (let at = 0; at < text.length && at < 4000 && c.resets === 0; at += piece) { c.data(at, text.subarray(at, at + piece)); if (s.oneIn(4) || at % 1000 > 900) bed.run(200); }
  bed.run(s.pick([5, 50, 300]) * MS);
  if (c.acked < text.length && text.length <= 4000 && c.resets === 0 && !c.ended) bed.run(SECOND);
  judge(c.got, features);
  if (s.oneIn(2)) c.fin(c.acked); else c.rst(c.acked);
  bed.run(2 * MS);
}

function textOf(s: Source): Uint8Array {
  if (s.oneIn(6)) return s.oneIn(2) ? s.rest(300) : s.fill(s.below(3000));
  let t = "";
  for (let n = s.between(1, 3); n > 0; n--) {
    const end = s.oneIn(6) ? "\n" : "\r\n";
    t += `${s.pick(METHODS)}${s.oneIn(8) ? "  " : " "}${s.oneIn(8) ? "/" + "a".repeat(s.u16() % 3000) : s.pick(PATHS)} ${s.pick(VERSIONS)}${end}`;
    for (let k = s.below(6); k > 0; k--) t += `${s.oneIn(12) ? "X: " + "b".repeat(s.u16() % 3000) : s.pick(FIELDS)}${end}`;
    t += end;
  }
  const b = Uint8Array.from(Buffer.from(t, "latin1"));
  for (let k = s.below(4); k > 0 && b.length > 0; k--) if (s.oneIn(3)) b[s.below(b.length)] = s.u8();
  return b;
}

/** Each answer has a head with a status and a length; what follows is another one. The last may be under way. */
function judge(got: Uint8Array, features: Set<string>): void {
  const b = Buffer.from(got);
  for (let at = 0; at < b.length;) {
    const end = b.indexOf("\r\n\r\n", at), head = b.toString("latin1", at, end < 0 ? b.length : end), m = /^HTTP\/1\.[01] (\d{3}) /.exec(head);
    if (!m && head.length > 13) throw new Violation(`no answer: ${JSON.stringify(head.slice(0, 100))}`);
    if (end < 0 || !m) return;
    features.add(`status ${m[1]}`);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (b.toString("latin1", end + 4, end + 9) === "HTTP/") { at = end + 4; continue; }   // the answer to HEAD has no body
    at = end + 4 + length;
  }
}
