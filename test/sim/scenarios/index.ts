// All named scenarios.

import { type Scenario } from "./scenario.ts";
import { CRASHES } from "./crashes.ts";
import { CUTS } from "./cuts.ts";
import { DATA } from "./data.ts";
import { DIVERGENCE } from "./divergence.ts";
import { GATES } from "./gates.ts";
import { HOSTILE } from "./hostile.ts";
import { LEASES } from "./leases.ts";
import { NUMBERS } from "./numbers.ts";
import { PACKETS } from "./packets.ts";
import { PROGRESS } from "./progress.ts";
import { WINDOWS } from "./windows.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...CRASHES,
  ...DATA,
  ...CUTS,
  ...WINDOWS,
  ...GATES,
  ...NUMBERS,
  ...PROGRESS,
  ...LEASES,
  ...PACKETS,
  ...HOSTILE,
  ...DIVERGENCE,
];
