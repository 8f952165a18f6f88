// A mutation: a rule taken out of the sources by replacing text. At least one of the scenarios that it names must then fail.

export interface Edit {
  /** Source file, relative to the project's root. */
  file: string;
  /** Text that occurs exactly once in the file, and what stands in its place. */
  find: string;
  put: string;
}

export interface Mutation {
  /** The rule that is taken out, as CHAIN names it. */
  rule: string;
  /** One sentence: what the system no longer does. */
  what: string;
  /** More than one where another rule covers for the first. */
  edits: Edit[];
  /** Names of scenarios. */
  scenarios: string[];
}
