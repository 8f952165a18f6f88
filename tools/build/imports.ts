// The import rule of assembly/ (docs/architecture.md): a folder imports only what stands left of it, services only their interface and core.

import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../asc.ts";

const CHAIN = ["core", "wire", "net", "tcp", "ft", "manage", "redirector", "node"];

/** What files of a folder may import beside their own folder. `disk` knows no protocol; `sockets` stands on TCP beside ft; `node` and `board` are the body of the entries. */
export function allowed(folder: string): string[] {
  const at = CHAIN.indexOf(folder);
  if (at >= 0) return [...CHAIN.slice(0, at), ...(at >= CHAIN.indexOf("ft") ? ["disk", "service"] : []), ...(folder === "node" ? ["sockets", "env"] : [])];
  if (folder === "sockets") return CHAIN.slice(0, CHAIN.indexOf("tcp") + 1);
  if (folder === "service") return ["core"];
  if (folder === "nic" || folder === "disk") return ["core", "env"];
  if (folder === "board") return ["core", "nic", "disk", "env"];
  if (folder === "wire-process") return ["core", "wire"];
  return [];
}

/** Checks every file of assembly/; returns one line per forbidden import. */
export async function checkImports(): Promise<string[]> {
  const out: string[] = [], base = path.join(ROOT, "assembly");
  for (const name of await readdir(base, { recursive: true })) {
    if (!name.endsWith(".ts")) continue;
    const text = await readFile(path.join(base, name), "utf8");
    text.split("\n").forEach((line, i) => {
      const m = /^\s*(?:import|export)\b.*?\bfrom\s+"([^"]+)"|^\s*import\s+"([^"]+)"/.exec(line);
      const bad = m && refused(name, m[1] ?? m[2]);
      if (bad) out.push(`assembly/${name}:${i + 1}: ${bad}`);
    });
  }
  return out;
}

/** Why a file (relative to assembly/) may not import the target; undefined where it may. */
export function refused(file: string, target: string): string | undefined {
  const folder = file.split("/")[0], to = path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
  if (file === "service/api.ts" && to === "ft/api") return undefined; // where the events' side is joined to the services' side
  if (file === "core/sizes.ts" && to.startsWith("../boards/unit/")) return undefined;
  if (to.startsWith("../") || !target.startsWith(".")) return `imports "${target}", which lies outside assembly/`;
  const into = to.split("/")[0].replace(/\.ts$/, "");
  if (into === folder) {
    const builtIn = folder === "service" && !/^service\/(api|host|registry|table|dispatch)\b/.test(file);
    return builtIn && !/^service\/(api|\w+\/)/.test(to) ? `service imports "${target}"; services may import service/api and core only` : undefined;
  }
  return allowed(folder).includes(into) ? undefined : `${folder} imports ${into}; it may import ${allowed(folder).join(", ") || "nothing"}`;
}
