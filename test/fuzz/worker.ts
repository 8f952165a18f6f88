// A worker process of `hydranet fuzz`: searches one target until the time or the number of cases is up, and tells what it found.

import { writeFileSync } from "node:fs";
import { load } from "../sim/build.ts";
import { kept } from "./corpus.ts";
import { type Finding, Fuzzer } from "./fuzzer.ts";
import { type Input, toText } from "./input.ts";
import { find } from "./targets/index.ts";

/** `running`: the file that holds the input under way, for one that never ends. */
export interface Job { target: string; seed: number; job: number; seconds: number; cases: number; running: string }
export interface News { cases: number; features: number; corpus: number; findings: Finding[]; done?: { features: string[]; corpus: Input[] } }

process.on("message", async (job: Job) => {
  const fuzzer = new Fuzzer(find(job.target), await load(["host", "redirector", "peer"]), job.seed, job.job), until = Date.now() + job.seconds * 1000;
  const tell = (done?: News["done"]): void => {
    process.send!({ cases: fuzzer.cases, features: fuzzer.features.size, corpus: fuzzer.corpus.length, findings: fuzzer.findings.splice(0), done } satisfies News);
  };
  const running = (input: Input): void => writeFileSync(job.running, toText(input));
  for (const input of kept(job.target)) { running(input); fuzzer.begin([input]); tell(); await breath(); }
  while (Date.now() < until && fuzzer.cases < job.cases) {
    fuzzer.step(running);
    tell();
    await breath();
  }
  tell({ features: [...fuzzer.features], corpus: fuzzer.corpus });
  process.disconnect();
});

/** Lets messages leave. */
const breath = (): Promise<void> => new Promise(done => { setImmediate(done); });
