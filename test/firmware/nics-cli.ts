// `hydranet nics`: many frames through each NIC driver in QEMU.

import { type Command, number, parse, say, UsageError } from "../../tools/command.ts";
import { CHIPS, forward, Images, type Outcome, pings, tcp } from "./nics.ts";

export const command: Command = {
  help: `
hydranet nics [CHIP...] [--frames N]

Boots a redirector in QEMU with each chip (${Object.keys(CHIPS).join(", ")}), or the named ones: floods it with echo requests, has it forward datagrams of all
lengths on one NIC and between three, and a TCP connection in both directions; each byte is checked, and at the end all frame buffers are there.

  --frames N   frames forwarded by three NICs of each chip, 1000000 by default; a tenth of it on one NIC and as echo requests; ten times as many bytes over TCP`,

  async run(args) {
    const p = parse(args, { frames: { type: "string" } }), frames = number(p, "frames", 100, 1e9) ?? 1e6, images = new Images();
    const unknown = p.words.find(w => !Object.hasOwn(CHIPS, w));
    if (unknown !== undefined) throw new UsageError(`no chip '${unknown}'`);
    try {
      for (const chip of p.words.length ? p.words : Object.keys(CHIPS)) {
        const progress = (n: number): void => { if (n % 50_000 === 0) say(`${chip}: ${n}`); };
        print(chip, "echo requests", await pings(images, chip, frames / 10));
        print(chip, "datagrams on one NIC", await forward(images, chip, 1, frames / 10, progress));
        print(chip, "datagrams between three NICs", await forward(images, chip, 3, frames, progress));
        print(chip, "bytes of TCP each way", await tcp(images, chip, 10 * frames));
      }
      return 0;
    } finally { images.remove(); }
  },
};

function print(chip: string, what: string, o: Outcome): void {
  process.stdout.write(`${chip}: ${o.frames} ${what} in ${o.seconds.toFixed(1)} s; counters ${JSON.stringify(o.counters)}\n`);
}
