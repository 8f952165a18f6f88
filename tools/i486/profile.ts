// Reads what callgrind wrote about one poll: instructions by function, its own and those of what it calls.

/** Instructions of one poll. */
export interface Profile {
  /** The number of the call in its recording. */
  call: number;
  sum: number;
  /** By function: its own instructions, and how often it was called. */
  own: Map<string, { instructions: number; calls: number }>;
  /** By function: what its calls cost, with all that they call. */
  whole: Map<string, number>;
}

/** Parses one of callgrind's files; null for one that holds no poll. Format: valgrind's manual, "Callgrind Format Specification". */
export function parse(text: string): Profile | null {
  const call = /Client Request: (\d+)/.exec(text), sum = /^(?:summary|totals): (\d+)/m.exec(text);
  if (!call || !sum) return null;
  const p: Profile = { call: Number(call[1]), sum: Number(sum[1]), own: new Map(), whole: new Map() }, names = new Map<string, string>();
  let fn = "", callee = "", calls = 0;
  for (const line of text.split("\n")) {
    const name = /^(c?fn)=(\(\d+\))(?: (.*))?$/.exec(line), calling = /^calls=(\d+)/.exec(line), cost = /^\S+ (\d+)$/.exec(line);
    if (name) {
      if (name[3] !== undefined) names.set(name[2], nameOf(name[3]));
      if (name[1] === "fn") fn = names.get(name[2])!;
      else callee = names.get(name[2])!;
    } else if (calling) calls = Number(calling[1]);
    else if (cost && calls) {
      entry(p, callee).calls += calls;
      p.whole.set(callee, (p.whole.get(callee) ?? 0) + Number(cost[1]));
      calls = 0;
    } else if (cost && fn && /^[+\-*\d]/.test(line)) entry(p, fn).instructions += Number(cost[1]);
  }
  return p;
}

function entry(p: Profile, fn: string): { instructions: number; calls: number } {
  let e = p.own.get(fn);
  if (!e) p.own.set(fn, e = { instructions: 0, calls: 0 });
  return e;
}

/** A function's name in AssemblyScript, from the one in the linked file: "ft/apply/data" from "w2c_node_assembly0x2Fft0x2Fapply0x2Fdata.constprop.0". */
export function nameOf(symbol: string): string {
  return symbol.replace(/^w2c_node_/, "").replace(/0x([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\.(?:constprop|part|isra|cold)\b(?:\.\d+)?/g, "").replace(/^assembly\//, "");
}

/** The profile as lines: own instructions, share, calls, function. */
export function lines(p: Profile): string[] {
  const rows = [...p.own].filter(([, e]) => e.instructions > 0).sort((a, b) => b[1].instructions - a[1].instructions);
  return rows.map(([name, e]) => `${String(e.instructions).padStart(7)} ${(100 * e.instructions / p.sum).toFixed(1).padStart(5)} % ${String(e.calls || 1).padStart(4)} x  ${name}`);
}
