// Asks a node through its control socket: one line, one answer.

import { errorName } from "../build/errors.ts";
import { connect } from "node:net";

/** Sends a line; gives the answer, a refusal as `error: NAME (NUMBER)`. Throws when the node is not there or says nothing for `ms`. */
export function ask(socket: string, line: string, ms = 1000): Promise<string> {
  return new Promise((done, fail) => {
    const c = connect(socket), parts: Buffer[] = [];
    c.setTimeout(ms, () => c.destroy(new Error(`no answer within ${ms} ms`)));
    c.on("connect", () => c.end(`${line}\n`));
    c.on("data", b => parts.push(b));
    c.on("error", e => fail(new Error(`${socket}: ${e.message}`)));
    c.on("close", () => done(Buffer.concat(parts).toString().replace(/^error: (-\d+)$/m, (_, e: string) => `error: ${errorName(Number(e))} (${e})`)));
  });
}
