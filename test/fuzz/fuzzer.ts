// The search of one target: inputs from the corpus, changed and crossed, and new ones; what shows a new feature joins the corpus.

import { Random } from "../sim/random.ts";
import { fresh, type Input, minimise, mutate } from "./input.ts";
import { type FuzzModules, type Target } from "./target.ts";

/** One input in so many is run twice: both runs must be the same. */
const TWICE = 40;
/** Tries that making a failing input smaller may take. */
const MINIMISE = 400;

export interface Finding { target: string; failure: string; input: Input }

export class Fuzzer {
  readonly features = new Set<string>();
  readonly corpus: Input[] = [];
  readonly findings: Finding[] = [];
  cases = 0;
  private readonly random: Random;

  constructor(private readonly target: Target, private readonly modules: FuzzModules, seed: number, job: number) {
    this.random = new Random(seed, `fuzz ${target.name} ${job}`);
  }

  /** Runs what the corpus file holds. */
  begin(inputs: readonly Input[]): void { for (const i of inputs) this.try(i); }

  /** Runs one more input, and tells it before it does. */
  step(about: (input: Input) => void = () => {}): void {
    const r = this.random, c = this.corpus, input = c.length === 0 || r.chance(0.2) ? fresh(r, this.target.acts) : mutate(r, r.pick(c), r.pick(c), this.target.acts);
    about(input);
    this.try(input);
  }

  private try(input: Input): void {
    const { failure, hash } = this.run(input);
    if (failure) { this.found(input, failure); return; }
    if (this.cases % TWICE === 0) {
      const again = this.run(input).hash;
      if (again !== hash) this.findings.push({ target: this.target.name, failure: `not deterministic: ${hash}, then ${again}`, input });
    }
  }

  private run(input: Input): { failure: string; hash: string } {
    this.cases++;
    const o = this.target.run(this.modules, input);
    if (!o.failure) this.learn(input, o.features);
    return o;
  }

  private learn(input: Input, features: Set<string>): void {
    const known = this.features.size;
    for (const f of features) this.features.add(f);
    if (this.features.size > known) this.corpus.push(input);
  }

  /** Makes a failing input small, where the same failure stays: numbers in the message aside. */
  private found(input: Input, failure: string): void {
    const same = (i: Input): boolean => kind(this.target.run(this.modules, i).failure) === kind(failure), small = minimise(input, same, MINIMISE);
    this.findings.push({ target: this.target.name, failure: this.target.run(this.modules, small).failure || failure, input: small });
  }
}

/** A failure without its numbers, and of a trap only the place. */
export const kind = (failure: string): string => failure.replace(/\d+/g, "#").split("\n").slice(0, 4).join("\n").slice(0, 300);

/** The fewest of these inputs that show all that all of them do, the small ones first. */
export function distil(target: Target, modules: FuzzModules, inputs: Input[], size: (i: Input) => number): Input[] {
  const seen = new Set<string>(), out: Input[] = [];
  for (const input of [...inputs].sort((a, b) => size(a) - size(b))) {
    const o = target.run(modules, input), before = seen.size;
    for (const f of o.features) seen.add(f);
    if (seen.size > before || o.failure) out.push(input);
  }
  return out;
}
