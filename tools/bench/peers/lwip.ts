// lwIP's server: Debian's source package, fetched by a sources list of its own beside the system's, compiled with the glue in peers/lwip.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { HERE, bench, once, tool } from "../programs.ts";

const VERSION = "2.1.3";

export async function build(say: (line: string) => void): Promise<string> {
  const glue = path.join(HERE, "peers/lwip"), src = path.join(bench("lwip-source"), `lwip-${VERSION}/src`);
  return once("lwip-server", [glue], VERSION, say, async to => {
    if (!existsSync(src)) await fetch(say);
    const c = ["core", "core/ipv4"].flatMap(d => readdirSync(path.join(src, d)).filter(f => f.endsWith(".c")).map(f => path.join(src, d, f)));
    await tool("cc", ["-O3", "-w", `-I${glue}`, `-I${src}/include`, "-o", to, path.join(glue, "server.c"), ...c, path.join(src, "netif/ethernet.c")]);
  });
}

/** Fetches and unpacks the source package. The system's own lists and its apt configuration stay as they are. */
async function fetch(say: (line: string) => void): Promise<void> {
  const dir = bench("lwip-source"), list = path.join(dir, "sources.list"), lists = path.join(dir, "lists");
  say(`lwIP ${VERSION}: fetching Debian's source package`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(path.join(lists, "partial"), { recursive: true });
  writeFileSync(list, `${await mirrors()}\n`);
  const options = ["-o", `Dir::Etc::SourceList=${list}`, "-o", "Dir::Etc::SourceParts=/dev/null", "-o", `Dir::State::Lists=${lists}`, "-o", "APT::Sandbox::User=root", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="];
  await tool("apt-get", [...options, "update"]);
  const text = await tool("apt-get", [...options, "--print-uris", "source", "lwip"]), file = /'\S+' (lwip_(\d[\d.]*)[^ ]*\.orig\.tar\.\w+)/.exec(text);
  if (file?.[2].startsWith(VERSION) !== true) throw new Error(`lwIP: Debian's source package here is ${file?.[2] ?? "missing"}, expected ${VERSION}`);
  await tool("apt-get", [...options, "--download-only", "source", "lwip"], {}, dir);
  await tool("tar", ["xf", path.join(dir, file[1]), "-C", dir]);
}

/** Source lines of the mirror and release from which this system has its own packages. */
async function mirrors(): Promise<string> {
  const text = await tool("apt-get", ["indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]);
  const lines = text.split("\n").filter(l => / main$/.test(l)).map(l => `deb-src ${l}`);
  if (lines.length === 0) throw new Error("lwIP: apt knows no package lists here: it needs a Debian system (apt-get indextargets)");
  return [...new Set(lines)].join("\n");
}
