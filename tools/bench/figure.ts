// What a figure is: a quantity, measured on several contenders in turn, and what is promised of it.

import type { Bar, Sample } from "./stats.ts";

export interface Contender { name: string; measure(seconds: number): Promise<Sample> }

export interface Figure {
  name: string;
  unit: string;
  /** What `Sample.cpu` is. */
  cpu: string;
  bars: Bar[];
  /** Sets up what the figure needs; `down` is called in any case. */
  up(): Promise<Contender[]>;
  down(): void | Promise<void>;
}
