// `hydranet flash`: writes an image to a medium and reads it back.

import { open, readFile } from "node:fs/promises";
import { ended, start } from "../children.ts";
import { type Command, parse, say, UsageError } from "../command.ts";
import { inspect, refusal } from "./device.ts";
import { programAt } from "./layout.ts";

const CHUNK = 1 << 20;

export const command: Command = {
  help: `
hydranet flash IMAGE DEVICE

Writes a disk image (.img, or .floppy) to a whole disk, card or stick, reads it back past the cache and compares. Refuses a device that is mounted or
otherwise in use, a partition, one of more than 64 GiB, and what is no block device. The record of views on it starts empty.`,

  async run(args) {
    const p = parse(args, {}, 2), [image, device] = p.words;
    if (!image || !device) throw new UsageError("IMAGE and DEVICE are needed");
    const bytes = await readFile(image);
    if (programAt(bytes) !== 512) throw new Error(`${image}: no disk image of HydraNet`);
    const d = inspect(device), why = refusal(d, bytes.length);
    if (why) throw new Error(`${device}: ${why}`);
    await write(bytes, d.path, said("written"));
    await verify(bytes, d.path, true, said("read back"));
    say(`${d.path}: ${bytes.length} bytes, as in ${image}`);
    return 0;
  },
};

type Progress = (done: number, of: number) => void;

function said(what: string): Progress {
  let last = -1;
  return (done, of) => {
    const percent = Math.floor(100 * done / of);
    if (percent >= last + 10) { last = percent; say(`${what} ${percent} %`); }
  };
}

/** Writes bytes to a path and waits until they are on it. */
export async function write(bytes: Buffer, to: string, progress: Progress): Promise<void> {
  const f = await open(to, "r+");
  try {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      await f.write(bytes, at, Math.min(CHUNK, bytes.length - at), at);
      await f.datasync();
      progress(Math.min(at + CHUNK, bytes.length), bytes.length);
    }
  } finally { await f.close(); }
}

/** Compares what a path has with bytes; `direct` reads past the system's cache. Throws with the first place that differs. */
export async function verify(bytes: Buffer, from: string, direct: boolean, progress: Progress): Promise<void> {
  const child = start([], "dd", [`if=${from}`, `bs=${CHUNK}`, `count=${Math.ceil(bytes.length / CHUNK)}`, "status=none", ...(direct ? ["iflag=direct"] : [])], ["ignore", "pipe", "inherit"]);
  let at = 0, bad = -1;
  for await (const d of child.stdout!) {
    const piece = (d as Buffer).subarray(0, bytes.length - at), want = bytes.subarray(at, at + piece.length);
    if (bad < 0 && !piece.equals(want)) bad = at + piece.findIndex((x, i) => x !== want[i]);
    at += piece.length;
    progress(at, bytes.length);
  }
  if (await ended(child) !== 0 || at < bytes.length) throw new Error(`${from}: only ${at} of ${bytes.length} bytes could be read back`);
  if (bad >= 0) throw new Error(`${from}: differs from the image at byte ${bad}`);
}
