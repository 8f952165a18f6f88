// Mutations of the manager, views, leases and fencing.

import { type Mutation } from "./mutation.ts";

export const VIEWS: Mutation[] = [
  {
    rule: "R24", what: "who does not answer probes stays",
    edits: [{ file: "assembly/manage/decide.ts", find: "if (silent != 0) return silent;", put: "" }],
    scenarios: ["primary-crash-during-bulk", "tail-crash-during-ping-pong"],
  },
];
