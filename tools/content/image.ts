// Packs a folder into a content image and reads one back (docs/content-image.md).

import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

const MAGIC = 0x43445948, VERSION = 1, HEADER = 64, ENTRY = 64, ALIGN = 16;

export interface Entry { path: string; type: string; offset: number; length: number; sha256: string }
export interface Image { length: number; sha256: string; entries: Entry[] }

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8", htm: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8", json: "application/json", txt: "text/plain; charset=utf-8", md: "text/plain; charset=utf-8", svg: "image/svg+xml",
  png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", ico: "image/x-icon", webp: "image/webp", mpg: "video/mpeg", mpeg: "video/mpeg",
  mp4: "video/mp4", webm: "video/webm", mp3: "audio/mpeg", wav: "audio/wav", pdf: "application/pdf", wasm: "application/wasm", xml: "application/xml",
};

/** The content type by a file name's extension. */
export function typeOf(name: string): string { return TYPES[path.extname(name).slice(1).toLowerCase()] ?? "application/octet-stream"; }

/** FNV-1a, 32 bits. */
export function fnv1a(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const b of bytes) h = Math.imul(h ^ b, 0x01000193) >>> 0;
  return h;
}

const sha256 = (b: Uint8Array): Buffer => createHash("sha256").update(b).digest();
const align = (n: number): number => (n + ALIGN - 1) & ~(ALIGN - 1);

/** Packs the files below a folder. The same files give the same image. */
export async function packFolder(folder: string): Promise<Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const d of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const full = path.join(d.parentPath ?? d.path, d.name), rel = path.relative(folder, full).split(path.sep).join("/");
    if (d.isFile() && !rel.split("/").some(s => s.startsWith("."))) files.set(`/${rel}`, await readFile(full));
  }
  return pack(files);
}

/** Packs files by path ("/name"). Throws on a path or size that the layout has no room for. */
export function pack(files: Map<string, Uint8Array>): Uint8Array {
  const paths = [...files.keys()];
  const listed = [...paths.map(p => [p, p]), ...paths.filter(p => p.endsWith("/index.html")).map(p => [p.slice(0, -10), p])];
  const rows = listed.map(([name, file]) => ({ bytes: Buffer.from(name), file, hash: fnv1a(Buffer.from(name)) }));
  for (const r of rows) if (r.bytes.length > 1024) throw new Error(`${r.file}: path of ${r.bytes.length} bytes; at most 1,024 fit a content image`);
  rows.sort((a, b) => a.hash - b.hash || Buffer.compare(a.bytes, b.bytes));

  const types = [...new Set(paths.map(typeOf))].sort();
  const strings = Buffer.concat([...types.map(t => Buffer.from(t)), ...rows.map(r => r.bytes)]);
  const stringsAt = HEADER + rows.length * ENTRY, dataAt = align(stringsAt + strings.length);
  const place = new Map<string, number>();
  let end = dataAt;
  for (const p of paths.sort()) { place.set(p, end); end = align(end + files.get(p)!.length); }
  if (end > 0x7fffffff) throw new Error(`content of ${end} bytes; an image has at most 2 GiB`);

  const b = Buffer.alloc(end), typeAt = new Map<string, number>();
  strings.copy(b, stringsAt);
  let at = stringsAt;
  for (const t of types) { typeAt.set(t, at); at += Buffer.byteLength(t); }
  rows.forEach((r, i) => {
    const e = HEADER + i * ENTRY, type = typeOf(r.file), data = files.get(r.file)!;
    b.writeUInt32LE(r.hash, e);
    b.writeUInt16LE(r.bytes.length, e + 4);
    b.writeUInt16LE(Buffer.byteLength(type), e + 6);
    [at, typeAt.get(type)!, place.get(r.file)!, data.length].forEach((v, k) => b.writeUInt32LE(v, e + 8 + 4 * k));
    sha256(data).copy(b, e + 32);
    at += r.bytes.length;
  });
  for (const [p, offset] of place) b.set(files.get(p)!, offset);
  b.writeUInt16LE(VERSION, 4);
  b.writeUInt16LE(HEADER, 6);
  [end, rows.length, HEADER, stringsAt, dataAt].forEach((v, k) => b.writeUInt32LE(v, 8 + 4 * k));
  b.writeUInt32LE(MAGIC, 0);
  sha256(b.subarray(HEADER)).copy(b, 32);
  return b;
}

/** Reads an image's index, after checking its hash. Throws on a damaged image. */
export function readImage(image: Uint8Array): Image {
  const b = Buffer.from(image.buffer, image.byteOffset, image.length);
  if (b.length < HEADER || b.readUInt32LE(0) !== MAGIC) throw new Error("no content image: magic differs");
  if (b.readUInt16LE(4) !== VERSION) throw new Error(`content image of version ${b.readUInt16LE(4)}, expected ${VERSION}`);
  if (b.readUInt32LE(8) !== b.length) throw new Error(`content image of ${b.length} bytes says it has ${b.readUInt32LE(8)}`);
  const hash = sha256(b.subarray(HEADER));
  if (!hash.equals(b.subarray(32, 64))) throw new Error("content image: SHA-256 differs from the header's");
  const entries = Array.from({ length: b.readUInt32LE(12) }, (_, i) => {
    const e = b.readUInt32LE(16) + i * ENTRY, text = (at: number, n: number) => b.toString("utf8", b.readUInt32LE(at), b.readUInt32LE(at) + n);
    return {
      path: text(e + 8, b.readUInt16LE(e + 4)), type: text(e + 12, b.readUInt16LE(e + 6)), offset: b.readUInt32LE(e + 16),
      length: b.readUInt32LE(e + 20), sha256: b.toString("hex", e + 32, e + 64),
    };
  });
  return { length: b.length, sha256: hash.toString("hex"), entries };
}
