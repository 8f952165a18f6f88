// The runner's hold of the client's program.

import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";
import { ROOT } from "../asc.ts";
import type { Lab } from "../lab/lab.ts";
import type { Counters, Order } from "./client.ts";
import type { Result } from "./flow.ts";

export class Client {
  private readonly waiting = new Map<number, { done: (v: unknown) => void; fail: (e: Error) => void }>();
  private next = 1;
  private said = "";
  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on("line", l => this.take(l));
    child.stderr!.on("data", b => { this.said = (this.said + b).slice(-2000); });
    child.stdin!.on("error", () => {});
    child.on("close", () => { for (const w of this.waiting.values()) w.fail(new Error(`the client's program ended: ${this.said}`)); this.waiting.clear(); });
  }

  /** Starts the program in the client's namespace. */
  static async start(lab: Lab, node: string): Promise<Client> {
    const loader = pathToFileURL(path.join(ROOT, "node_modules/tsx/dist/loader.mjs")).href;
    const c = new Client(lab.spawn(node, process.execPath, ["--import", loader, path.join(ROOT, "tools/campaign/client.ts")], { input: "pipe" }));
    await c.counters();
    return c;
  }

  private take(line: string): void {
    const { id, answer, error } = JSON.parse(line) as { id: number; answer?: unknown; error?: string }, w = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) w?.fail(new Error(error)); else w?.done(answer);
  }

  private order(order: Order): Promise<unknown> {
    const id = this.next++;
    return new Promise((done, fail) => { this.waiting.set(id, { done, fail }); this.child.stdin!.write(`${JSON.stringify({ id, order })}\n`); });
  }

  counters(): Promise<Counters> { return this.order({ do: "counters" }) as Promise<Counters>; }
  async open(specs: (Order & { do: "open" })["specs"]): Promise<void> { await this.order({ do: "open", specs }); }
  async strike(o: Omit<Order & { do: "strike" }, "do">): Promise<void> { await this.order({ do: "strike", ...o }); }
  finish(patience: number): Promise<Result[]> { return this.order({ do: "finish", patience }) as Promise<Result[]>; }
  end(): void { this.child.kill("SIGKILL"); }
}
