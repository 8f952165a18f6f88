// Mutations of leases and fencing. Where one check covers for another both are taken out: the lease is looked at where a frame is built and where it
// leaves; a node that has left also registers; a chain without state is made, and told, only behind the fence. That a grant of an older view counts
// for nothing cannot be shown: the manager waits for every grant that it ever gave to a primary.

import { type Edit, type Mutation } from "./mutation.ts";

const edit = (file: string, find: string, put: string): Edit => ({ file: `assembly/${file}`, find, put });
const one = (rule: string, what: string, file: string, find: string, put: string, ...scenarios: string[]): Mutation => ({ rule, what, edits: [edit(file, find, put)], scenarios });

const MAY = edit("tcp/out.ts", "return v.mute == 0 && (v.until == 0 || v.until > clock.now);", "return v.mute == 0;");
const DEADLINE = edit("tcp/out.ts", "changetype<Voice>(voice).until);", "0);");
const FENCE = edit("manage/change.ts", "if (i == 0 && !chain.quiet(c, changetype<usize>(p))) continue;", "");
const LOSS_FENCE = edit("manage/recovery.ts", " || !chain.quiet(c, 0)) return;", ") return;");

export const LEASES: Mutation[] = [
  { rule: "R18", what: "a primary speaks on when its lease is over", edits: [MAY, DEADLINE], scenarios: ["lease-lapses-and-returns", "one-way-cut-asks-of-s0"] },
  { rule: "R20", what: "what a primary says without a lease counts as sent", edits: [MAY], scenarios: ["lease-lapses-during-download"] },
  { rule: "R18a", what: "frames in the ring have no deadline", edits: [DEADLINE], scenarios: ["frame-in-ring-over-lease-end", "suspend-primary-past-lease"] },
  one("R20", "who speaks again after a lapse says nothing of its own", "ft/membership.ts", "const silent = r.lapsed != 0 || (", "const silent = (", "lease-lapses-and-returns"),
  {
    rule: "R18", what: "a lease counts from when its grant arrives",
    edits: [
      edit("manage/membership.ts", "m.until = max(m.until, msg.askTime + m.lease);", "m.until = max(m.until, clock.now + m.lease);"),
      edit("manage/membership.ts", 'import * as counters from "../core/counters";', 'import * as clock from "../core/clock";\nimport * as counters from "../core/counters";'),
    ],
    scenarios: ["grant-arrives-late"],
  },
  one("R18", "whoever asks gets a grant, also from within an old view", "manage/manager.ts", "if (!change.knows(c, p)) { change.tell(c); return; }", "", "ask-of-old-view-during-promotion"),
  { rule: "R19", what: "a new primary hears of it at once", edits: [FENCE], scenarios: ["two-removals-in-one-lease", "ask-of-old-view-during-promotion", "one-way-cut-asks-of-s0"] },
  one("R19", "only the last primary's lease is waited for", "manage/change.ts", "for (let i: u32 = 0; i < nodes(c); i++) chain.peer(c, i).sentAt = 0;",
    "for (let i: u32 = 0; i < nodes(c); i++) { const p = chain.peer(c, i); p.sentAt = 0; if (p.outInc == 0) p.told = 0; }", "two-removals-in-one-lease"),
  one("R19", "the wait leaves no room for drift", "manage/chain.ts", "fence = <u64>us + <u64>(us / 1000 + 1) + <u64>(s.margin * 1000);", "fence = <u64>us + <u64>(s.margin * 1000);", "lease-end-with-drift"),
  one("R19", "a word of having left counts for every view", "manage/manager.ts", "c.phase != Phase.running || msg.number != c.number || ", "c.phase != Phase.running || ", "late-stopped-word"),
  {
    rule: "R19", what: "a word of having left, or a registration, ends no wait",
    edits: [edit("manage/manager.ts", "p.told = 0;\n  if (p.incarnation", "if (p.incarnation"), edit("manage/registration.ts", "p.told = 0;", "")],
    scenarios: ["left-word-ends-fence"],
  },
  one("R19", "a registration ends no wait", "manage/registration.ts", "p.told = 0;", "", "registration-ends-fence"),
  one("R23", "what waits for a neighbour's ARP answer leaves after the word of having left", "manage/agent.ts", "  arp.silence();\n", "", "frame-awaits-arp-while-its-sender-leaves"),
  one("R25", "a member that slept judges its neighbours by it", "ft/ft.ts", "detect.discount(r, nap); ", "", "site-suspended"),
  one("R25", "a manager that slept judges by it", "manage/manager.ts", "chain.setTime(clock.now, clock.now - slept + 1);", "chain.setTime(clock.now, clock.now + 1);", "manager-suspended-in-a-loss"),
  {
    rule: "R26", what: "the last member is removed for being silent",
    edits: [
      edit("manage/decide.ts", "if (silent == all || n < 2) return 0;", ""),
      edit("manage/probing.ts", "if (c.answered == 0) {\n    if (c.lossAt == 0) c.lossAt = chain.judge;\n    return;\n  }", ""),
    ],
    scenarios: ["last-member-is-silent"],
  },
  one("R24", "a new primary is accused while it waits behind the fence", "manage/probing.ts", "if (position == 0 || !change.knows(c, chain.member(c, 0)))", "if (position == 0)", "lease-end-with-drift"),
  one("R26a", "a lost chain is not made anew", "manage/recovery.ts", "if (c.lossAt == 0 || (", "if (true || (", "total-loss-behind-fence", "chain-of-one-comes-back"),
  { rule: "R26a", what: "a chain without state does not wait for leases", edits: [FENCE, LOSS_FENCE], scenarios: ["total-loss-behind-fence"] },
  one("R26a", "members of a lost chain are not out", "manage/recovery.ts", "if (chain.same(c, i)) change.expel", "if (false) change.expel", "total-loss-behind-fence"),
];
