// A TOML file with the line of each key, so that an error can say where.

import { parse, TomlError } from "smol-toml";

/** What is wrong in a site file: where, what was found, what was expected. */
export class SiteError extends Error {
  constructor(readonly file: string, readonly line: number, readonly key: string, readonly found: string, readonly expected: string) {
    super(`${file}:${line}: ${key}: found ${found}, expected ${expected}`);
  }
}

export interface Toml { file: string; root: Record<string, unknown>; lines: Map<string, number> }

/** Parses TOML text; a syntax error becomes a SiteError. */
export function readToml(text: string, file: string): Toml {
  try {
    return { file, root: parse(text) as Record<string, unknown>, lines: keyLines(text) };
  } catch (e) {
    if (!(e instanceof TomlError)) throw e;
    const line = text.split("\n")[e.line - 1] ?? "";
    const why = e.message.split("\n")[0].replace(/^Invalid TOML document: /, "");
    throw new SiteError(file, e.line, /^\s*([\w.-]+)\s*=/.exec(line)?.[1] ?? "syntax", JSON.stringify(line.trim()), `TOML: ${why}`);
  }
}

/** Line numbers by path, such as `node[1].interface[0].address`; a table has the line of its header. */
function keyLines(text: string): Map<string, number> {
  const lines = new Map<string, number>(), counts = new Map<string, number>();
  let table = "", open = 0, quote = "";
  const note = (path: string, line: number): void => { if (!lines.has(path)) lines.set(path, line); };
  text.split("\n").forEach((raw, i) => {
    if (quote !== "" || open > 0) { [quote, open] = scan(raw, quote, open); return; }
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$/.exec(raw);
    if (header) {
      table = resolve(header[2].split(".").map(unquote), header[1] === "[[", counts);
      note(table, i + 1);
      return;
    }
    const key = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$/.exec(raw);
    if (!key) return;
    let path = table;
    for (const part of key[1].split(".").map(unquote)) { path = path === "" ? part : `${path}.${part}`; note(path, i + 1); }
    [quote, open] = scan(key[2], "", 0);
  });
  return lines;
}

function unquote(s: string): string { return s.trim().replace(/^(["'])(.*)\1$/, "$2"); }

/** Path of a table header; `[[x]]` begins the next element of x, and a header below an array means its last element. */
function resolve(parts: string[], element: boolean, counts: Map<string, number>): string {
  let path = "";
  parts.forEach((part, i) => {
    path = path === "" ? part : `${path}.${part}`;
    if (element && i === parts.length - 1) counts.set(path, (counts.get(path) ?? -1) + 1);
    if (counts.has(path)) path += `[${counts.get(path)}]`;
  });
  return path;
}

/** Follows strings, comments and brackets through a line: the multi-line string that is still open, and how many brackets. */
function scan(line: string, quote: string, open: number): [string, number] {
  for (let i = 0; i < line.length; i++) {
    if (quote !== "") {
      const end = line.indexOf(quote, i);
      if (end < 0) return [quote.length === 3 ? quote : "", open];
      i = end + quote.length - 1;
      quote = "";
    } else if (line[i] === "#") break;
    else if (line[i] === '"' || line[i] === "'") {
      quote = line.startsWith(line[i].repeat(3), i) ? line[i].repeat(3) : line[i];
      i += quote.length - 1;
    } else if ("[{".includes(line[i])) open++;
    else if ("]}".includes(line[i])) open--;
  }
  return [quote.length === 3 ? quote : "", open];
}
