// The client of a flood, a stock socket in its namespace: client.ts ADDRESS PORT RATE SECONDS opens RATE connections a second, sends 64 bytes on each,
// and prints as JSON how many were established, and answered, within a second of their SYN.

import net from "node:net";

const [address, port, rate, seconds] = process.argv.slice(2), BYTES = 64, LIMIT = 1000;
const out = { tried: 0, established: 0, served: 0, slowest: 0 };

function one(): Promise<void> {
  return new Promise(done => {
    const began = performance.now(), s = net.connect(Number(port), address);
    let got = 0;
    const end = (): void => { s.destroy(); done(); }, timer = setTimeout(end, LIMIT);
    out.tried++;
    s.on("connect", () => { out.established++; out.slowest = Math.max(out.slowest, performance.now() - began); s.write(Buffer.alloc(BYTES, 7)); });
    s.on("data", d => { got += d.length; if (got === BYTES) { out.served++; clearTimeout(timer); s.resetAndDestroy(); done(); } });
    s.on("error", () => { clearTimeout(timer); end(); });
  });
}

const all: Promise<void>[] = [], began = performance.now(), n = Number(rate) * Number(seconds);
const timer = setInterval(() => {
  while (all.length < Math.min(n, (performance.now() - began) / 1000 * Number(rate))) all.push(one());
  if (all.length >= n) { clearInterval(timer); void Promise.all(all).then(() => { process.stdout.write(`${JSON.stringify(out)}\n`); process.exit(0); }); }
}, 5);
