// Images boot in QEMU on the machines of their boards, and answer on their NICs.

import { after, test } from "node:test";
import path from "node:path";
import { ADDRESS, Board, folder, image } from "./bed.ts";

const at = folder();
after(() => at.remove());
const file = (name: string): string => path.join(at.dir, name);

test("a redirector's disk image runs on a 486 with an ISA bus and 2 MiB, and answers ARP and ping", async () => {
  image("--site", at.site, "--node", "r", "--board", "pc-486-isa", "-o", file("r.img"));
  const b = await Board.qemu(at.dir, { image: file("r.img"), board: "pc-486-isa", kind: "img", memory: 2 });
  try {
    const mac = await b.arp(ADDRESS.r);
    for (const n of [0, 1, 56, 1000, 1472]) await b.ping(ADDRESS.r, mac, n, n + 1);
  } finally { await b.stop(); }
});
