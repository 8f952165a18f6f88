// All mutations.

import { DATA } from "./data.ts";
import { LEASES } from "./leases.ts";
import { type Mutation } from "./mutation.ts";
import { VIEWS } from "./views.ts";

export const MUTATIONS: readonly Mutation[] = [
  ...VIEWS,
  ...DATA,
  ...LEASES,
];
