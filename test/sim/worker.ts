// A worker process of `hydranet sim`: runs the seeds and scenarios that it is sent, one at a time, and sends back what came of them.

import { load, type Modules } from "./build.ts";
import { runSeed } from "./seed.ts";

let modules: Modules | null = null;
process.on("message", async (seed: number) => {
  modules ??= await load(["host", "redirector", "peer"]);
  const began = process.cpuUsage(), outcome = runSeed(modules, seed), used = process.cpuUsage(began);
  // Now and then the same seed again: it must give the same trace.
  if (outcome.failure === "" && seed % 25 === 0) {
    const again = runSeed(modules, seed);
    if (again.hash !== outcome.hash) outcome.failure = `not deterministic: trace ${outcome.hash}, then ${again.hash}`;
  }
  if (outcome.failure === "") outcome.story = [];
  process.send!({ ...outcome, cpu: (used.user + used.system) / 1e6 });
});
