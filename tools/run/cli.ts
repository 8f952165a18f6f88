// `hydranet run`: one node of a site on this machine's own interfaces.

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { build, HOST, wasmOf } from "../build/build.ts";
import { hand } from "../children.ts";
import { type Command, logLevel, number, parse, required, say, UsageError } from "../command.ts";
import { packFolder, readImage } from "../content/image.ts";
import { explain } from "../build/trap.ts";
import { ask } from "../lab/control.ts";
import { compileNode, type Extras } from "../site/compile.ts";
import { loadSite, nodeOf } from "../site/site.ts";
import { inspect, keepFromKernel, letKernel, links, macOfInterface, rules } from "./machine.ts";

/** Where nodes of `run` have their configuration and control sockets, and where they keep their records. */
export const NODES = "/run/hydranet-node";
const STORE = "/var/lib/hydranet";

export const command: Command = {
  help: `
hydranet run --site FILE --node NAME [--pcap FILE] [--record FILE] [--log LEVEL] [--pin CPU]
             [--sockets PATH] [--check]

Runs one node of a site on this machine's interfaces, as root, until SIGTERM or Ctrl-C. The node has addresses of its own, which the kernel
must not have; nftables rules (table netdev hydranet_NAME), removed at the end, keep its packets from the kernel.

  --check         only looks whether the node could run here
  --pcap FILE     writes every frame, for Wireshark
  --record FILE   writes every input, for hydranet replay
  --log LEVEL     error, warning, info (default) or debug
  --pin CPU       runs on this processor only
  --sockets PATH  a host server lends its TCP to local programs at this UNIX socket (docs/sockets.md)`,

  async run(args) {
    const text = { type: "string" } as const;
    const p = parse(args, { site: text, node: text, pcap: text, record: text, log: text, pin: text, sockets: text, check: { type: "boolean" } }, 0);
    logLevel(p);
    number(p, "pin", 0, os.cpus().length - 1, true);
    for (const o of ["pcap", "record", "sockets"]) if (p.options[o] !== undefined && !existsSync(path.dirname(path.resolve(String(p.options[o]))))) throw new UsageError(`--${o}: no folder ${path.dirname(String(p.options[o]))}`);
    const site = loadSite(required(p, "site", "FILE")), node = nodeOf(site, required(p, "node", "NAME"));
    if (p.options.sockets !== undefined && node.role !== "host") throw new UsageError(`--sockets: ${node.name} is a ${node.role}, only host servers have sockets`);
    const all = links(), extras: Extras = { macs: Object.fromEntries(node.interfaces.map(f => [f.name, macOfInterface(all, f.name)])) };
    const found = inspect(all, site, node);
    for (const w of found.warnings) say(`warning: ${w}`);
    if (found.errors.length) throw new Error(found.errors.join("\n"));
    const image = site.content && node.role === "host" ? await packFolder(site.content) : undefined;
    if (image) extras.content = readImage(image);
    const config = compileNode(site, node.name, extras);
    if (p.options.check) { say(`${node.name} can run here`); return 0; }

    const dir = path.join(NODES, node.name), table = `hydranet_${node.name}`;
    if (await ask(path.join(dir, "ctl"), "status").then(() => true, () => false)) throw new Error(`${node.name} runs here already; hydranet ctl ${node.name} status asks it`);
    const target = node.role === "redirector" ? "linux-redirector" : "linux-host", module = wasmOf(target);
    await build([target], say);
    process.on("exit", () => { letKernel(table); rmSync(dir, { recursive: true, force: true }); });
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    mkdirSync(STORE, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(dir, "config"), config, { mode: 0o600 });
    if (image) writeFileSync(path.join(dir, "content.img"), image);
    const words = [
      "--module", module, "--config", path.join(dir, "config"), "--name", node.name,
      ...node.interfaces.flatMap(f => ["--iface", f.name]), "--control", path.join(dir, "ctl"), ...(image ? ["--content", path.join(dir, "content.img")] : []),
      ...(node.role === "redirector" ? ["--store", path.join(STORE, `${node.name}.view`)] : []),
      ...["pcap", "record", "log", "pin", "sockets"].flatMap(o => typeof p.options[o] === "string" ? [`--${o}`, p.options[o] as string] : []),
    ];
    keepFromKernel(table, rules(table, site, node, extras.macs!));
    return hand(HOST, words, report => { if (report) say(explain(report, module).trimEnd()); });
  },
};
