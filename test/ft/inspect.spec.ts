import { As, CLIENT, CPORT, DISCARD, IRS, K, connect, done, end, evTimer, events, grant, poll, r, seg, standing, start, startKind } from "./bed";
import { EVENTS } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import { State } from "../../assembly/tcp/conn";
import * as ft from "../../assembly/ft/ft";
import * as inspect from "../../assembly/ft/inspect";
import { ConnReport, ServiceReport } from "../../assembly/ft/inspect";

function service(): ServiceReport { return changetype<ServiceReport>(inspect.service(0)); }
function connection(c: u32): ConnReport { return changetype<ConnReport>(inspect.connection(0, c)); }

describe("inspect", () => {
  afterEach(end);

  test("a_services_report", () => {
    start(As.middle);
    connect(3);
    standing(1, 1);
    const s = service();
    expect(s.view).toBe(5); expect(s.position).toBe(1); expect(s.members).toBe(3); expect(s.applied).toBe(2); expect(s.stable).toBe(1); expect(s.speaks).toBe(0); expect(s.connections).toBe(1);
    expect(s.history).toBe(inspect.history(0, 1));
    ft.leave(0);
    expect(service().view).toBe(0); expect(service().members).toBe(0);
  });
  test("who_speaks_has_a_lease_that_runs", () => {
    start(As.alone);
    expect(service().speaks).toBe(1);
    clock.set(r().until - 1);
    expect(service().speaks).toBe(1);
    clock.set(r().until);
    expect(service().speaks).toBe(0);
    grant(100);
    expect(service().speaks).toBe(1);
  });
  test("a_connections_report", () => {
    start(As.primary);
    expect(connection(0).present).toBe(0);
    expect(connection(64).present).toBe(0);
    const c = connect(0);
    seg(K, 1, 1, 10); poll();
    let k = connection(0);
    expect(k.present).toBe(1); expect(k.state).toBe(State.established); expect(k.rcvd).toBe(10); expect(k.dep).toBe(0); expect(k.prod).toBe(0); expect(k.ok).toBe(0);
    expect(k.edge).toBe(c.edgeLimit); expect(k.irs).toBe(IRS); expect(k.iss).toBe(c.iss); expect(k.remoteAddr).toBe(CLIENT); expect(k.remotePort).toBe(CPORT); expect(k.acked).toBe(0);
  });
  test("i3_the_history_of_events_that_are_not_applied_or_not_kept_is_0", () => {
    startKind(As.middle, DISCARD);
    expect(inspect.history(0, 0)).toBe(0);
    events(0); evTimer(1); evTimer(2); done();
    const a = inspect.history(0, 0), b = inspect.history(0, 1);
    expect(a).not.toBe(0); expect(b).not.toBe(0); expect(a).not.toBe(b);
    expect(inspect.history(0, 2)).toBe(0);
    for (let i: u32 = 2; i <= EVENTS; i++) { standing(i, i); events(i); evTimer(1); done(); }
    expect(r().applied).toBe(EVENTS + 1);
    expect(inspect.history(0, 0)).toBe(0, "its place is another's");
    expect(inspect.history(0, 1)).toBe(b);
  });
});
