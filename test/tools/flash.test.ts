// What may be flashed, and that what is written is compared. No device is touched.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { type Device, inspect, refusal, usesOf } from "../../tools/image/device.ts";
import { verify, write } from "../../tools/image/flash.ts";

const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-flash-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const card: Device = { path: "/dev/sdx", block: true, partition: false, readOnly: false, bytes: 4e9, uses: [] };
const quiet = (): void => {};

test("a whole unused disk of plausible size may be flashed, and nothing else", () => {
  assert.equal(refusal(card, 1e6), undefined);
  assert.match(refusal({ ...card, block: false }, 1e6)!, /no block device/);
  assert.match(refusal({ ...card, partition: true }, 1e6)!, /partition/);
  assert.match(refusal({ ...card, readOnly: true }, 1e6)!, /write-protected/);
  assert.match(refusal({ ...card, bytes: 999_999 }, 1e6)!, /999999 bytes/);
  assert.match(refusal({ ...card, bytes: 65 * 2 ** 30 }, 1e6)!, /65 GiB/);
  assert.match(refusal({ ...card, uses: ["/dev/sdx1 is mounted on /mnt"] }, 1e6)!, /mounted on \/mnt/);
});

test("mounts and swaps of a disk and of its partitions are found, those of others are not", () => {
  const mounts = "/dev/sdx1 /mnt ext4 rw 0 0\n/dev/sdxy /home ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n", swaps = "Filename Type Size Used Priority\n/dev/sdx2 partition 1 0 -2\n";
  assert.deepEqual(usesOf(["/dev/sdx", "/dev/sdx1", "/dev/sdx2"], mounts, swaps), ["/dev/sdx1 is mounted on /mnt", "/dev/sdx2 is swap space"]);
  assert.deepEqual(usesOf(["/dev/sdy"], mounts, swaps), []);
});

test("a plain file is no device", () => {
  const file = path.join(dir, "plain");
  writeFileSync(file, "x");
  assert.equal(inspect(file).block, false);
});

test("what is written is read back, and a byte that differs is told with its place", async () => {
  const file = path.join(dir, "medium"), bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7 + (i >> 8)));
  writeFileSync(file, Buffer.alloc(4_000_000, 0xff));
  await write(bytes, file, quiet);
  await verify(bytes, file, false, quiet);
  assert.equal(readFileSync(file)[3_500_000], 0xff);
  const wrong = Buffer.from(readFileSync(file));
  wrong[2_345_678] ^= 1;
  writeFileSync(file, wrong);
  await assert.rejects(verify(bytes, file, false, quiet), /differs from the image at byte 2345678/);
  writeFileSync(file, wrong.subarray(0, 1000));
  await assert.rejects(verify(bytes, file, false, quiet), /only 1000 of 3000000/);
});
