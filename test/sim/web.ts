// The content image of random runs, requests for parts of it over one connection, and what must come back.

import { createHash } from "node:crypto";
import { pack } from "../../tools/content/image.ts";
import { Noise } from "./pattern.ts";
import { type Random } from "./random.ts";

const FILES = new Map<string, Uint8Array>([0, 1, 100, 1460, 5000, 60_000].map((n, i) => [`/${n}.bin`, new Noise(100 * i).slice(0, n).slice()]));
export const CONTENT = pack(FILES);
export const HASH = createHash("sha256").update(CONTENT).digest();

/** A request as it is sent, and its answer. */
export interface Request { text: string; status: number; body: Uint8Array }

/** How many requests one connection carries. */
export const draw = (r: Random): number => r.pick([1, 1, 3, 10]);

/** n requests for random files or ranges of them; the last one closes the connection. */
export function requests(r: Random, n: number): Request[] {
  return Array.from({ length: n }, (_, i) => request(r, i === n - 1));
}

function request(r: Random, last: boolean): Request {
  const missing = r.chance(0.1), path = missing ? "/missing" : r.pick([...FILES.keys()]), file = FILES.get(path) ?? new Uint8Array(0);
  const head = r.chance(0.1), ranged = !missing && !head && file.length > 1 && r.chance(0.4), from = r.below(file.length), to = r.between(from, file.length + 10);
  const text = `${head ? "HEAD" : "GET"} ${path} HTTP/1.1\r\nHost: site\r\n${ranged ? `Range: bytes=${from}-${to}\r\n` : ""}${last ? "Connection: close\r\n" : ""}\r\n`;
  if (missing) return { text, status: 404, body: head ? file : MISSING };
  return ranged ? { text, status: 206, body: file.subarray(from, to + 1) } : { text, status: 200, body: head ? new Uint8Array(0) : file };
}

/** In place of a body that nothing is known of. */
const MISSING = new Uint8Array(0);

/** Compares all that was received with the answers due: "" or what is wrong. */
export function answers(all: Uint8Array, list: Request[]): string {
  const b = Buffer.from(all);
  let at = 0;
  for (const [i, q] of list.entries()) {
    const end = b.indexOf("\r\n\r\n", at), head = b.toString("latin1", at, end), m = /^HTTP\/1\.1 (\d+) /.exec(head);
    if (end < 0 || !m) return `answer ${i} has no head: ${JSON.stringify(b.toString("latin1", at, at + 80))}`;
    if (Number(m[1]) !== q.status) return `answer ${i} is ${m[1]}, not ${q.status}: ${q.text}`;
    const length = q.text.startsWith("HEAD") ? 0 : Number(/content-length: (\d+)/i.exec(head)?.[1] ?? -1), body = b.subarray(end + 4, end + 4 + length);
    if (length < 0 || body.length !== length) return `answer ${i} has ${body.length} of ${length} bytes`;
    if (q.body !== MISSING && Buffer.compare(body, q.body) !== 0) return `answer ${i} has other bytes than the file: ${q.text}`;
    at = end + 4 + length;
  }
  return at === b.length ? "" : `${b.length - at} bytes after the last answer`;
}
