// All named scenarios.

import { type Scenario } from "./scenario.ts";
import { CRASHES } from "./crashes.ts";

export const SCENARIOS: readonly Scenario[] = [...CRASHES];
