// What a target of the fuzzer is: it takes an input and says what was wrong, and which features it showed, so that inputs that show new ones
// are kept.

import { type Modules } from "../sim/build.ts";
import { Violation } from "../sim/engine.ts";
import { type Input } from "./input.ts";

export type FuzzModules = Modules;

export interface Result {
  /** Empty where every promise held. */
  failure: string;
  features: Set<string>;
  /** What happened, in short: two runs of an input must give the same. */
  hash: string;
}

export interface Target {
  name: string;
  /** One sentence: what it feeds, and what must hold. */
  about: string;
  /** Acts of an input at most. */
  acts: number;
  run(modules: FuzzModules, input: Input, log?: (line: string) => void): Result;
}

/** Runs `body`, which takes down features; a Violation or any other exception of it is the failure. */
export function judged(features: Set<string>, body: () => string): Result {
  try {
    return { failure: "", features, hash: body() };
  } catch (e) {
    const failure = e instanceof Violation ? e.message : `exception: ${(e as Error).stack ?? String(e)}`;
    return { failure, features, hash: failure };
  }
}

/** 0, 1, 2, 3-4, 5-8, ...: how often something happened, roughly. */
export const magnitude = (n: number): number => (n <= 2 ? n : 2 + Math.ceil(Math.log2(n / 2)));
