// Members that die, in each place and phase.

import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";

/** Kills host i in the middle of a bulk echo, of a ping-pong, and of a handshake. */
function killed(i: number): Scenario[] {
  const rest = [0, 1, 2].filter(k => k !== i), place = ["primary", "middle", "tail"][i];
  const during = (what: string, start: (s: Stage) => void, when: number): Scenario => ({
    name: `${place}-crash-during-${what}`,
    about: `the ${place} of three dies during ${what}: the client notices nothing`,
    play(s) {
      s.chain([0, 1, 2]);
      start(s);
      s.run(when);
      s.crash(s.s(i));
      s.chain(rest);
      s.finish();
    },
  });
  return [
    during("bulk", s => s.echo(400_000), 30 * MS),
    during("ping-pong", s => s.echo(20_000, { turn: 100 }), 20 * MS),
    during("handshake", s => s.echo(1000), 150),
    during("close", s => s.echo(100, { shut: "sent" }), 700),
  ];
}

export const CRASHES: Scenario[] = [
  {
    name: "all-is-well",
    about: "no fault: everything passes, a chain of three stands",
    play(s) {
      s.chain([0, 1, 2]);
      for (let i = 0; i < 5; i++) s.echo(20_000 * i + 1);
      s.finish();
      s.run(SECOND);
    },
  },
  ...[0, 1, 2].flatMap(killed),
];
