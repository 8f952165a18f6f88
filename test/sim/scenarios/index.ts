// All named scenarios.

import { type Scenario } from "./scenario.ts";
import { CRASHES } from "./crashes.ts";
import { DATA } from "./data.ts";
import { DIVERGENCE } from "./divergence.ts";

export const SCENARIOS: readonly Scenario[] = [...CRASHES, ...DATA, ...DIVERGENCE];
