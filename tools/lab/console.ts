// The serial console of a board in the lab, a UNIX socket of QEMU's: a line is typed, its answer is the line behind the echo. Log lines come
// in between.

import { connect } from "node:net";

/** How a log line of a board begins: milliseconds since the start, level. */
const LOG = /^\[\d+\] (error|warning|info|debug): /;

/** Types a line; gives the answer. Throws when none comes within `ms`. */
export function type(socket: string, line: string, ms: number): Promise<string> {
  return new Promise((done, fail) => {
    const c = connect(socket);
    let text = "";
    c.setTimeout(ms, () => c.destroy(new Error(`no answer within ${ms} ms`)));
    c.on("connect", () => c.write(`${line}\r`));
    c.on("data", b => {
      text += b;
      const answer = answerIn(text, line);
      if (answer !== undefined) { done(answer); c.destroy(); }
    });
    c.on("error", e => fail(new Error(`${socket}: ${e.message}`)));
    c.on("close", () => fail(new Error(`${socket}: the board's console was closed`)));
  });
}

/** The first whole line behind the echo of `line` that is no log line. */
export function answerIn(text: string, line: string): string | undefined {
  const lines = text.split(/\r?\n/), echo = lines.findIndex(l => l.endsWith(line));
  if (echo < 0) return undefined;
  return lines.slice(echo + 1, -1).find(l => l !== "" && !LOG.test(l));
}
