// Sites with boards in the lab: a 486 in QEMU as redirector, host servers under wasmtime, a stock Linux client.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { Inventory } from "../../tools/demo/machines.ts";
import { answerIn } from "../../tools/lab/console.ts";
import { Lab, sleep } from "../../tools/lab/lab.ts";
import { loadSite, type Site } from "../../tools/site/site.ts";

const SITE = path.join(ROOT, "examples/boards.toml");
/** The example's site with boards only where `board` says so. */
function mixed(board: (role: string) => boolean): Site {
  const site = loadSite(SITE), nodes = site.nodes.map(n => board(n.role) ? n : { ...n, board: undefined });
  return { ...site, nodes, services: site.services.map(s => ({ ...s, chain: s.chain.map(c => nodes.find(n => n.name === c.name)!) })) };
}

test("a 486 board redirects to servers under wasmtime: kills of the board itself and of a server break no connection", async () => {
  const lab = await Lab.up(mixed(role => role === "redirector")), inventory = new Inventory(lab);
  try {
    const [primary] = await lab.ready("echo", 3), page = readFileSync(path.join(ROOT, "examples/content/index.html"), "utf8");
    inventory.started("r");
    assert.equal((await lab.exec("c", "curl", ["-s", "-m", "20", "http://10.9.0.1/"])).stdout, page);
    const client = lab.spawn("c", "nc", ["10.9.0.1", "7"], { input: "pipe" });
    let got = "";
    client.stdout!.on("data", d => { got += d; });
    const echoed = async (text: string): Promise<void> => {
      client.stdin!.write(text);
      for (const end = Date.now() + 30_000; !got.endsWith(text) && Date.now() < end;) await new Promise(done => { setTimeout(done, 10); });
      assert.ok(got.endsWith(text), `'${text.trim()}' comes back`);
    };
    await echoed("before\n");
    await lab.kill("r");
    inventory.killed("r");
    await lab.start("r");
    inventory.started("r");
    await echoed("after the board's restart\n");
    await lab.kill(primary);
    await echoed("without the primary\n");
    client.kill();
    const [board] = await inventory.report();
    assert.deepEqual([board.node, board.board, board.runs.map(r => [r.genuine, r.found, r.killed])], ["r", "pc-486-isa", [[true, "", true], [true, "", false]]]);
    assert.match(board.counters, /^\{"counters":/);
  } finally {
    lab.down();
  }
});

test("a 486 redirects to a chain of three Pentiums: a connection outlives the primary's power cut, and the board joins again", async () => {
  const lab = await Lab.up(SITE);
  try {
    const [primary] = await lab.ready("echo", 3), page = readFileSync(path.join(ROOT, "examples/content/index.html"), "utf8");
    assert.equal((await lab.exec("c", "curl", ["-s", "-m", "20", "http://10.9.0.1/"])).stdout, page);
    const talk = "for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.5; done | nc -q 1 10.9.0.1 7", client = lab.exec("c", "sh", ["-c", talk], 60_000);
    await sleep(1500);
    await lab.kill(primary);
    assert.equal((await client).stdout, Array.from({ length: 8 }, (_, i) => `line ${i + 1}\n`).join(""));
    await lab.start(primary);
    await lab.ready("echo", 3, 60_000);
  } finally {
    lab.down();
  }
});

test("the answer on a console is the line behind its echo, whatever the board says in between", () => {
  assert.equal(answerIn("[12] info: up\r\nstatus\r\n[13] warning: x\r\n{\"node\":1}\r\n", "status"), '{"node":1}');
  assert.equal(answerIn("status\r\n{\"node\":1", "status"), undefined);
  assert.equal(answerIn("{\"old\":1}\r\n", "status"), undefined);
});
