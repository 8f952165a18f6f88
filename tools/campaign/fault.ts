// The failure classes: what is done to the system, and what must be true afterwards beyond what every run demands.

import { sleep, until } from "../lab/lab.ts";
import { DETECTOR, TIMING } from "../site/site.ts";
import type { Bed } from "./bed.ts";
import { forge, REFUSALS } from "./forge.ts";
import { Liar } from "./liar.ts";
import { type Phase, PHASES } from "./phase.ts";

export interface Scene {
  bed: Bed;
  /** Members of the service's chain, primary first; number of the run. */
  members: string[]; run: number;
  failures: string[]; notes: string[];
}

/** Bars over the runs of a class and phase, milliseconds of stall; absent where the promise is only that it ends well. */
export interface Bars { median?: number; worst?: number; timeouts?: number }

export interface Fault {
  name: string; what: string; phases: readonly Phase[];
  /** Connections of before may be reset: all state is lost. */
  resets?: boolean;
  /** Milliseconds that the traffic goes on after the fault; how long its end may take. */
  after: number; patience: number;
  bars: Bars;
  strike(s: Scene): Promise<void>;
}

const BULK: readonly Phase[] = ["upload", "download", "pingpong"];
const TAKEOVER: Bars = { median: 60, worst: 200, timeouts: 0 };

function kill(name: string, what: string, pick: (members: string[], run: number) => string[]): Fault {
  return {
    name, what, phases: PHASES, after: 700, patience: 4000, bars: TAKEOVER,
    async strike(s) {
      await Promise.all(pick(s.members, s.run).map(n => s.bed.lab.kill(n)));
    },
  };
}

/** Two of three: each pair in turn. */
function two(m: string[], run: number): string[] { return m.filter((_, i) => i !== (run + 2) % 3); }

/** Lets a process run for one millisecond in ten. */
async function tenth(s: Scene, node: string, ms: number, enough: () => Promise<boolean>): Promise<boolean> {
  let done = false;
  const watch = (async () => { while (!done && !await enough()) await sleep(25); done = true; })();
  const end = Date.now() + ms;
  while (!done && Date.now() < end) {
    s.bed.lab.pause(node);
    await sleep(9);
    s.bed.lab.resume(node);
    await sleep(1);
  }
  const removed = done;
  done = true;
  await watch;
  return removed;
}

const slow: Fault = {
  name: "slow-replica", what: "a replica runs for 1 ms in 10: clients are throttled, never stalled; one that does not keep up is removed", phases: BULK, after: 300, patience: 4000, bars: { worst: DETECTOR.lagLimit + 200 },
  async strike(s) {
    const victim = s.members[(s.run + 2) % 3], others = s.members.filter(m => m !== victim), began = Date.now(), id = s.bed.lab.site.services.map(x => x.id);
    const removed = await tenth(s, victim, DETECTOR.lagLimit + 500, async () => {
      const all = await s.bed.lab.statuses();
      return others.some(o => id.some(i => all[o]?.services?.find(x => x.id === i)?.members?.length === others.length));
    });
    s.notes.push(removed ? `${victim} removed after ${Date.now() - began} ms` : `${victim} kept up`);
  },
};

/** Milliseconds that a slow link takes, and by how much it grows at a time: less than silence, so that nobody seems dead. */
const LATE = 150, STEP = 10;

const late: Fault = {
  name: "slow-link", what: "neighbours in the chain hear each other later and later: clients wait until one is removed at the lag limit", phases: BULK, after: 300, patience: 5000, bars: { worst: DETECTOR.lagLimit },
  async strike(s) {
    const i = s.run % (s.members.length - 1), link = `${s.members[i]}-${s.members[i + 1]}`, began = Date.now();
    const shortened = async (): Promise<boolean> => {
      const id = s.bed.lab.site.services.map(x => x.id);
      return Object.values(await s.bed.lab.statuses()).some(n => n?.role === "host" && id.some(k => n.services?.find(x => x.id === k)?.members?.length === s.members.length - 1));
    };
    try {
      for (let d = STEP; d <= LATE; d += STEP) {
        await s.bed.lab.shape(link, { delay: d });
        await sleep(2 * STEP);
      }
      const grown = Date.now() - began;
      if (await shortened()) s.failures.push(`a member was removed while the link became slow, within ${grown} ms`);
      await until("one of them is removed", DETECTOR.lagLimit + 1500, shortened);
      s.notes.push(`removed ${Date.now() - began - grown} ms after the link took ${LATE} ms`);
    } finally {
      await s.bed.lab.shape(link, {});
    }
  },
};

const fenced: Fault = {
  name: "stop-continue", what: "SIGSTOP of the primary past its lease, then SIGCONT: it is fenced off", phases: PHASES, after: 300, patience: 4000, bars: TAKEOVER,
  async strike(s) {
    const [primary] = s.members;
    s.bed.lab.pause(primary);
    await sleep(3 * TIMING.lease + 200);
    const before = s.bed.spoken(primary);
    s.bed.lab.resume(primary);
    await sleep(300);
    const said = s.bed.spoken(primary) - before;
    if (said !== 0) s.failures.push(`the returned primary sent ${said} packets to the client`);
  },
};

/** Milliseconds that a cut lasts: longer than a lease and all probing. */
const CUT = 250;

/** A link that is cut for a while; `a>b`: one way. Who is removed then says nothing more to clients, and joins again afterwards. */
function cut(link: string): Fault {
  const [, a, way, b] = /^(\w+)([->])(\w+)$/.exec(link)!;
  return {
    name: `cut-${a}${way === ">" ? "-to-" : "-and-"}${b}`, what: way === ">" ? `${b} does not hear ${a} any more` : `${a} and ${b} do not hear each other any more`, phases: PHASES, after: 300, patience: 6000, bars: {},
    async strike(s) {
      // Names are places in the chain: s0 is whoever is primary now.
      const place = (n: string): string => n === "r" ? n : s.members[Number(n.slice(1))], now = `${place(a)}${way}${place(b)}`;
      s.bed.lab.cut(now);
      try { await sleep(CUT); } finally { s.bed.lab.heal(now); }
    },
  };
}

/** Every link of a chain of three and to the redirector: both ways, and either way alone. */
const LINKS: readonly [string, string][] = [["s1", "s0"], ["s2", "s1"], ["r", "s0"], ["r", "s1"], ["r", "s2"]];
const CUTS = LINKS.flatMap(([a, b]) => [`${a}-${b}`, `${a}>${b}`, `${b}>${a}`]).map(cut);

const redirector: Fault = {
  name: "redirector-restart", what: "the redirector is killed and started again", phases: PHASES, after: 900, patience: 5000, bars: {},
  async strike(s) {
    const began = Date.now();
    await s.bed.lab.kill("r");
    await s.bed.lab.start("r");
    s.notes.push(`away for ${Date.now() - began} ms`);
  },
};

const loss: Fault = {
  name: "total-loss", what: "all replicas are killed and started again: new connections work, old ones are reset", phases: BULK, resets: true, after: 0, patience: 8000, bars: {},
  async strike(s) {
    await Promise.all(s.members.map(m => s.bed.lab.kill(m)));
    await Promise.all(s.members.map(m => s.bed.lab.start(m)));
    const began = Date.now();
    await s.bed.ready();
    s.notes.push(`serves ${Date.now() - began} ms after the start`);
  },
};

/** Counters of assembly/ft/counters.ts. */
const INCONSISTENT = "169", DIVERGENCE = "170";

const liar: Fault = {
  name: "different-bytes", what: "a client sends different bytes for the same sequence numbers while copies are lost: replicas stay equal", phases: ["pingpong"], after: 100, patience: 4000, bars: {},
  async strike(s) {
    const { bed } = s, before = await bed.counters(bed.servers);
    bed.loseCopies(20);
    const { address, port } = bed.service("echo");
    const lie = await new Liar(bed.raw, bed.clientAddress, address, 20000 + Math.floor(Math.random() * 9999), port).run(40000, 2500);
    bed.loseCopies(0);
    const after = await bed.counters(bed.servers), found = (after[INCONSISTENT] ?? 0) - (before[INCONSISTENT] ?? 0);
    s.notes.push(`inconsistentRetransmission ${found}`);
    if (lie.error) s.failures.push(`the lying client: ${lie.error}`);
    if (lie.reset) s.failures.push("the lying client was reset");
    if (found === 0) s.failures.push("no replica counted inconsistentRetransmission");
    if ((after[DIVERGENCE] ?? 0) !== (before[DIVERGENCE] ?? 0)) s.failures.push("replicas diverged");
  },
};

const forged: Fault = {
  name: "forged-control", what: "tunnel and control packets from the client's side: dropped, each counted once", phases: BULK, after: 100, patience: 4000, bars: { worst: 200, timeouts: 0 },
  async strike(s) {
    const { bed } = s, before = await bed.counters(), expected = forge(bed);
    const want = Object.values(expected).reduce((a, b) => a + b, 0);
    const refused = (now: Record<string, number>): [string, number][] => REFUSALS.map((k): [string, number] => [k, (now[k] ?? 0) - (before[k] ?? 0)]).filter(([, n]) => n !== 0);
    let seen = refused(await bed.counters());
    await until("forged packets are counted", 1000, async () => { seen = refused(await bed.counters()); return seen.reduce((n, [, v]) => n + v, 0) >= want; }).catch(() => {});
    const text = seen.map(([k, n]) => `${k}: ${n}`).join(", "), right = Object.entries(expected).map(([k, n]) => `${k}: ${n}`).join(", ");
    if (text !== right) s.failures.push(`counted ${text || "nothing"}, expected ${right}`);
    s.notes.push(`${want} forged packets`);
  },
};

export const FAULTS: readonly Fault[] = [
  kill("kill-primary", "SIGKILL of the primary", m => [m[0]]),
  kill("kill-middle", "SIGKILL of the middle replica", m => [m[1]]),
  kill("kill-tail", "SIGKILL of the tail", m => [m[2]]),
  kill("kill-two", "SIGKILL of two of three at once, each pair in turn", two),
  fenced, ...CUTS, slow, late, redirector, loss, liar, forged,
];
