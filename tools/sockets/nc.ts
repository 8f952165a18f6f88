// `hydranet nc`: a small netcat over the sockets of a node that runs on this machine (docs/sockets.md).

import { Readable } from "node:stream";
import { type Command, parse, say, UsageError } from "../command.ts";
import { Rpc } from "./client.ts";

const SHUT_WR = 1;

export const command: Command = {
  help: `
hydranet nc --sockets PATH ADDRESS PORT
hydranet nc --sockets PATH -l PORT [ADDRESS]

Connects by the node's own TCP (hydranet-host --sockets PATH), or waits for one connection; sends standard input and writes what comes to standard
output. The end of the input closes our direction; nc ends when the other side has closed too.

  -l, --listen   wait for a connection
  -v, --verbose  say who is connected`,

  async run(args) {
    const p = parse(args, { sockets: { type: "string" }, listen: { type: "boolean", short: "l" }, verbose: { type: "boolean", short: "v" } }, 2);
    const path = p.options.sockets;
    if (typeof path !== "string") throw new UsageError("--sockets PATH is missing");
    const [address, port] = p.options.listen ? [p.words[1] ?? "0.0.0.0", p.words[0]] : p.words;
    if (address === undefined || !/^\d+(\.\d+){3}$/.test(address)) throw new UsageError(`ADDRESS: found '${address ?? ""}', expected an IPv4 address`);
    if (!(Number(port) >= 1 && Number(port) <= 65535)) throw new UsageError(`PORT: found '${port ?? ""}', expected a number from 1 to 65535`);
    const rpc = await Rpc.open(path), writer = await Rpc.open(path);
    try {
      const fd = p.options.listen ? await take(rpc, address, Number(port)) : await reach(rpc, address, Number(port));
      if (p.options.verbose) { const peer = await rpc.peer(fd); say(`connected to ${peer.address} port ${peer.port}`); }
      await Promise.all([upload(writer, fd), download(rpc, fd)]);
      await rpc.close(fd);
      return 0;
    } finally { rpc.end(); writer.end(); process.stdin.unref(); }
  },
};

async function reach(rpc: Rpc, address: string, port: number): Promise<number> {
  const fd = await rpc.stream();
  await rpc.connect(fd, address, port);
  return fd;
}

/** Waits for one connection, then listens no more. */
async function take(rpc: Rpc, address: string, port: number): Promise<number> {
  const l = await rpc.stream();
  await rpc.setsockopt(l, 1, 2, 1);
  await rpc.bind(l, address, port);
  await rpc.listen(l, 1);
  const { fd } = await rpc.accept(l);
  await rpc.close(l);
  return fd;
}

async function upload(rpc: Rpc, fd: number): Promise<void> {
  for await (const part of process.stdin as Readable) await rpc.write(fd, part as Buffer);
  await rpc.shutdown(fd, SHUT_WR);
}

async function download(rpc: Rpc, fd: number): Promise<void> {
  for (let part = await rpc.read(fd); part.length !== 0; part = await rpc.read(fd)) {
    if (!process.stdout.write(part)) await new Promise(done => process.stdout.once("drain", done));
  }
}
