import { Conn, Slot } from "../../assembly/tcp/conn";
import { TimerKind } from "../../assembly/core/timerkind";
import * as clock from "../../assembly/core/clock";
import * as timers from "../../assembly/tcp/timers";
import * as wheel from "../../assembly/core/wheel";

const BLOCK: usize = memory.data(512, 16);
function c(): Conn { return changetype<Conn>(BLOCK); }
/** Time passes: the slots that came due, a digit each, in their order. */
function pass(ms: u32): string {
  let s = "";
  for (let i: u32 = 0; i < ms; i++) {
    clock.set(clock.now + 1000);
    for (let t = wheel.due(clock.ms); t != null; t = wheel.due(clock.ms)) {
      expect(timers.owner(t) == c()).toBeTruthy();
      for (let k = timers.due(c()); k != Slot.COUNT; k = timers.due(c())) s += k.toString();
    }
  }
  return s;
}

describe("timers", () => {
  beforeEach(() => { clock.reset(1000000); wheel.init(clock.ms); memory.fill(BLOCK, 0, 512); c().timerKind = TimerKind.tcp; });
  afterEach(() => { timers.stop(c()); });

  test("each_deadline_comes_at_its_time_once", () => {
    timers.set(c(), Slot.rtx, 200); timers.set(c(), Slot.ack, 40); timers.set(c(), Slot.keep, 300);
    expect(pass(39)).toBe(""); expect(pass(1)).toBe("1");
    expect(pass(159)).toBe(""); expect(pass(1)).toBe("0");
    expect(pass(200)).toBe("2"); expect(pass(1000)).toBe("");
  });
  test("a_deadline_that_moved_later_comes_later", () => {
    timers.set(c(), Slot.rtx, 200);
    pass(150);
    timers.set(c(), Slot.rtx, 200);
    expect(pass(199)).toBe(""); expect(pass(1)).toBe("0");
  });
  test("a_deadline_that_moved_nearer_comes_nearer", () => {
    timers.set(c(), Slot.rtx, 2000); timers.set(c(), Slot.rtx, 20);
    expect(pass(20)).toBe("0"); expect(pass(3000)).toBe("");
  });
  test("what_was_cleared_does_not_come_and_the_others_do", () => {
    timers.set(c(), Slot.gate, 5); timers.set(c(), Slot.probe, 10);
    timers.clear(c(), Slot.gate);
    expect(timers.armed(c(), Slot.gate)).toBeFalsy(); expect(timers.armed(c(), Slot.probe)).toBeTruthy();
    expect(timers.at(c(), Slot.probe)).toBe(clock.ms + 10);
    expect(pass(20)).toBe("4");
  });
  test("deadlines_of_one_millisecond_come_together", () => {
    timers.set(c(), Slot.keep, 7); timers.set(c(), Slot.rtx, 7);
    expect(pass(7)).toBe("02");
  });
  test("after_stop_nothing_comes", () => {
    timers.set(c(), Slot.rtx, 7);
    timers.stop(c());
    expect(pass(100)).toBe("");
  });
});
