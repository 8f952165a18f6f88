// Mutations of the chain's data: events, gates, hearsay, pulls.

import { type Mutation } from "./mutation.ts";

export const DATA: Mutation[] = [];
