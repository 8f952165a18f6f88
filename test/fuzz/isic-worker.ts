// A worker process of `hydranet fuzz --isic`: one block of packets after the other.

import { load } from "../sim/build.ts";
import { block } from "./isic.ts";
import { type FuzzModules } from "./target.ts";

let modules: FuzzModules | null = null;
process.on("message", async (m: { seed: number; block: number; n: number }) => {
  modules ??= await load(["host", "redirector", "peer"]);
  process.send!(block(modules, m.seed, m.block, m.n));
});
