// Content images: packed, read back, found as a service finds a path, and refused when damaged.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fnv1a, pack, packFolder, readImage } from "../../tools/content/image.ts";

const FILES = new Map<string, Uint8Array>([
  ["/index.html", Buffer.from("<p>top</p>")], ["/a.bin", Buffer.from([1, 2, 3])], ["/empty.txt", new Uint8Array()], ["/sub/index.html", Buffer.from("sub")],
  ["/sub/video.mpg", Buffer.alloc(100_000, 7)], ["/ä ö.css", Buffer.from("x")],
]);

/** Finds a path as docs/content-image.md tells a service to: binary search by hash, then the path's bytes. */
function find(image: Buffer, name: string): Buffer | undefined {
  const bytes = Buffer.from(name), hash = fnv1a(bytes), count = image.readUInt32LE(12), index = image.readUInt32LE(16);
  let lo = 0, hi = count;
  while (lo < hi) { const mid = (lo + hi) >> 1; if (image.readUInt32LE(index + mid * 64) < hash) lo = mid + 1; else hi = mid; }
  for (let e = index + lo * 64; lo < count && image.readUInt32LE(e) === hash; lo++, e += 64) {
    const at = image.readUInt32LE(e + 8);
    if (image.subarray(at, at + image.readUInt16LE(e + 4)).equals(bytes)) return image.subarray(image.readUInt32LE(e + 16), image.readUInt32LE(e + 16) + image.readUInt32LE(e + 20));
  }
  return undefined;
}

test("each packed file is found by its path with its bytes, type and hash", () => {
  const image = Buffer.from(pack(FILES)), listed = readImage(image);
  for (const [name, bytes] of FILES) {
    assert.deepEqual(find(image, name), Buffer.from(bytes), name);
    const e = listed.entries.find(x => x.path === name)!;
    assert.equal(e.sha256, createHash("sha256").update(bytes).digest("hex"));
    assert.equal(e.offset % 16, 0);
  }
  assert.equal(listed.entries.find(e => e.path === "/sub/video.mpg")!.type, "video/mpeg");
  assert.equal(listed.entries.find(e => e.path === "/a.bin")!.type, "application/octet-stream");
  assert.equal(find(image, "/nothing"), undefined);
});

test("a folder's index.html is found under the folder's path too", () => {
  const image = Buffer.from(pack(FILES));
  assert.equal(String(find(image, "/")), "<p>top</p>");
  assert.equal(String(find(image, "/sub/")), "sub");
  assert.equal(readImage(image).entries.length, FILES.size + 2);
});

test("the header is byte for byte what the document says", () => {
  const image = Buffer.from(pack(new Map([["/x", Buffer.from("hello")]])));
  const octets = "application/octet-stream".length, data = Math.ceil((64 + 64 + octets + 2) / 16) * 16;
  assert.equal(image.subarray(0, 8).toString("hex"), "4859444301004000");
  assert.deepEqual([8, 12, 16, 20, 24, 28].map(at => image.readUInt32LE(at)), [data + 16, 1, 64, 128, data, 0]);
  assert.equal(image.subarray(32, 64).toString("hex"), createHash("sha256").update(image.subarray(64)).digest("hex"));
  assert.equal(image.readUInt32LE(64), fnv1a(Buffer.from("/x")));
  assert.equal(fnv1a(Buffer.from("a")), 0xe40c292c, "the check value of FNV-1a");
});

test("a damaged image is refused", () => {
  const image = Buffer.from(pack(FILES));
  for (const [at, says] of [[0, /magic/], [4, /version/], [8, /says it has/], [70, /SHA-256/], [image.length - 100, /SHA-256/]] as const) {
    const bad = Buffer.from(image);
    bad[at] ^= 1;
    assert.throws(() => readImage(bad), says);
  }
  assert.throws(() => readImage(image.subarray(0, 40)), /magic/);
});

test("a folder is packed without hidden files and always to the same image", async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-"));
  try {
    mkdirSync(path.join(dir, "sub"));
    writeFileSync(path.join(dir, "sub/b.txt"), "b");
    writeFileSync(path.join(dir, ".secret"), "s");
    const image = await packFolder(dir);
    assert.deepEqual(readImage(image).entries.map(e => e.path), ["/sub/b.txt"]);
    assert.deepEqual(await packFolder(dir), image);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
