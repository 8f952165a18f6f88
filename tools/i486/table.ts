// The committed table of what the modules cost on a 486, and how a measurement is judged by it.

export interface Table {
  /** Version of gcc. */
  compiler: string;
  /** Bytes of code and constants, and of linear memory. */
  modules: Record<string, { text: number; memory: number }>;
  /** Median instructions of a poll that takes the path. */
  paths: Record<string, number>;
}

/** How much above the table a figure may be: what another gcc of the same kind does. */
const SLACK = 1.02;

/** What is worse than the table, or in only one of both; one line each. */
export function judge(now: Table, table: Table): string[] {
  const out: string[] = [], hint = now.compiler === table.compiler ? "" : ` (gcc ${now.compiler}, the table is by ${table.compiler})`;
  const compare = (what: string, a: number | undefined, b: number | undefined): void => {
    if (a === undefined || b === undefined) out.push(`${what}: ${a === undefined ? "not measured" : "not in the table"}`);
    else if (a > b * SLACK) out.push(`${what}: ${a}, the table has ${b}${hint}`);
  };
  for (const name of new Set([...Object.keys(now.modules), ...Object.keys(table.modules)])) {
    compare(`${name}, code`, now.modules[name]?.text, table.modules[name]?.text);
    compare(`${name}, memory`, now.modules[name]?.memory, table.modules[name]?.memory);
  }
  for (const name of new Set([...Object.keys(now.paths), ...Object.keys(table.paths)])) compare(name, now.paths[name], table.paths[name]);
  return out;
}
