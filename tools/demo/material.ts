// What the demonstration serves: an MPEG-1 video of 1,509 frames, made by ffmpeg, and a file of 100 MB. Made once, kept in build/demo.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { start } from "../children.ts";

export const FPS = 30;
/** Bits per second of the video. */
export const VIDEO_RATE = 780_000;
const SIZE = "352x288", INSET = "176x144";

export interface Material {
  /** Folder to be packed into the content image. */
  folder: string;
  video: File;
  bulk: File;
}
export interface File { name: string; path: string; size: number; sha256: string; frames: number }

/** Makes what is missing. `frames`: length of the video; `bulk`: bytes of the bulk file. */
export async function prepare(frames: number, bulk: number, say: (line: string) => void): Promise<Material> {
  const folder = path.join(ROOT, "build/demo", `${frames}-${bulk}`);
  await mkdir(folder, { recursive: true });
  const video = path.join(folder, "video.mpg"), file = path.join(folder, "bulk.bin");
  if (!await sizeOf(video)) {
    say(`making the video: ${frames} frames, ${FPS} a second`);
    await makeVideo(`${video}.part`, frames);
    await rename(`${video}.part`, video);
  }
  if (await sizeOf(file) !== bulk) {
    say(`making a file of ${bulk / 1e6} MB`);
    await makeBulk(`${file}.part`, bulk);
    await rename(`${file}.part`, file);
  }
  const describe = async (p: string, n: number): Promise<File> => ({ name: path.basename(p), path: p, size: (await sizeOf(p))!, sha256: await sha256(p), frames: n });
  return { folder, video: await describe(video, frames), bulk: await describe(file, 0) };
}

async function sizeOf(file: string): Promise<number | undefined> { return (await stat(file).catch(() => undefined))?.size; }

/** A test card with a zoom into the Mandelbrot set, at a constant rate. */
async function makeVideo(file: string, frames: number): Promise<void> {
  const rate = String(VIDEO_RATE);
  await run("ffmpeg", [
    "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi", "-i", `testsrc2=size=${SIZE}:rate=${FPS}`, "-f", "lavfi", "-i", `mandelbrot=size=${INSET}:rate=${FPS}`,
    "-filter_complex", "[0][1]overlay=W-w:H-h", "-frames:v", String(frames), "-c:v", "mpeg1video", "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", "320k",
    "-g", "15", "-bf", "0", "-an", "-f", "mpeg", file,
  ]);
}

/** Bytes that do not repeat: a xorshift generator's. */
async function makeBulk(file: string, size: number): Promise<void> {
  const f = await open(file, "w"), words = new Uint32Array(1 << 18);
  let x = 0x9e3779b9;
  try {
    for (let left = size; left > 0; left -= words.byteLength) {
      for (let i = 0; i < words.length; i++) { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; words[i] = x; }
      await f.write(Buffer.from(words.buffer, 0, Math.min(left, words.byteLength)));
    }
  } finally { await f.close(); }
}

async function run(program: string, args: string[]): Promise<void> {
  const child = start([], program, args, ["ignore", "ignore", "pipe"]);
  let text = "";
  child.stderr!.on("data", d => { text += d; });
  const code = await new Promise<number | null>((ok, no) => { child.on("error", no); child.on("close", ok); });
  if (code !== 0) throw new Error(`${program} failed: ${text.trim().split("\n").at(-1) ?? code}`);
}

export async function sha256(file: string): Promise<string> {
  const h = createHash("sha256");
  for await (const b of createReadStream(file, { highWaterMark: 1 << 20 })) h.update(b as Buffer);
  return h.digest("hex");
}

/** The check that the service `ttcp-sink` answers for a file's bytes. */
export async function sinkCheck(file: string): Promise<string> {
  let h = 0, at = 0, part = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    for (const b of chunk as Buffer) {
      part |= b << 8 * (at++ & 3);
      if (at & 3) continue;
      h = mix(h, part);
      part = 0;
    }
  }
  return ((at & 3 ? mix(h, part) : h) >>> 0).toString(16).padStart(8, "0");
}

function mix(h: number, w: number): number {
  const x = h ^ w;
  return Math.imul(x << 5 | x >>> 27, 0x9e3779b1);
}
