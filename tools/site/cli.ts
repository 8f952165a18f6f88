// `hydranet site`: checks a site file; compiles the configuration block of a node.

import { writeFile } from "node:fs/promises";
import { type Command, parse, UsageError } from "../command.ts";
import { packFolder, readImage } from "../content/image.ts";
import { showIp } from "./address.ts";
import { compileNode } from "./compile.ts";
import { loadSite, type Site } from "./site.ts";

export const command: Command = {
  help: `
hydranet site FILE [--node NAME -o OUT]

Checks a site file and prints what it describes. With --node and -o it writes the node's configuration block, which needs the site's key.

  --node NAME   the node
  -o OUT        where to write its configuration`,

  async run(args) {
    const p = parse(args, { node: { type: "string" }, output: { type: "string", short: "o" } }, 1);
    if (p.words.length !== 1) throw new UsageError("FILE is missing");
    const site = loadSite(p.words[0]), { node, output } = p.options;
    if ((node === undefined) !== (output === undefined)) throw new UsageError("--node and -o go together");
    if (typeof node !== "string" || typeof output !== "string") { process.stdout.write(describe(site)); return 0; }
    await writeFile(output, compileNode(site, node, { content: site.content ? readImage(await packFolder(site.content)) : undefined }), { mode: 0o600 });
    return 0;
  },
};

function describe(site: Site): string {
  const nodes = site.nodes.map(n => `${n.name} (${n.role}): ${n.interfaces.map(i => `${i.name} ${showIp(i.address)}/${i.length} on ${i.link}`).join(", ")}`);
  const services = site.services.map(s => `${s.name}: ${s.kind} at ${s.address ? showIp(s.address) : "each node's address"}:${s.port}, ${s.mode}, ${s.chain.map(n => n.name).join(" <- ")}`);
  return `site ${site.id}, ${site.key ? "with" : "without"} a key\n${[...nodes, ...services].join("\n")}\n`;
}
