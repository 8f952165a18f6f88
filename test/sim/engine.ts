// The event queue of a simulation: virtual time in microseconds, a binary heap ordered by (time, order of scheduling), and a running hash of
// all that happened, so that two runs of one seed can be compared.

/** What happens at an event. Whoever scheduled it decides by `arg` whether it still applies. */
export interface Target {
  fire(arg: number): void;
}

/** A violated promise: the seed fails with this message. */
export class Violation extends Error {}

class Entry {
  time = 0;
  order = 0;
  target: Target = NOBODY;
  arg = 0;
}
const NOBODY: Target = { fire() {} };

export class Engine {
  /** Virtual microseconds since the start. */
  now = 0;
  /** Events that have happened. */
  steps = 0;
  /** Runs after each event: where invariants are checked. */
  afterStep: (() => void) | null = null;
  private readonly heap: Entry[] = [];
  private readonly spare: Entry[] = [];
  private size = 0;
  private order = 0;
  private h1 = 0x811c9dc5;
  private h2 = 0x1b873593;

  /** Fires `target` with `arg` at `time`, or now where that has passed. */
  at(time: number, target: Target, arg = 0): void {
    const e = this.spare.pop() ?? new Entry();
    e.time = time < this.now ? this.now : time;
    e.order = this.order++;
    e.target = target;
    e.arg = arg;
    let i = this.size++;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(e, this.heap[up])) break;
      this.heap[i] = this.heap[up];
      i = up;
    }
    this.heap[i] = e;
  }

  /** Calls `run` at `time`. */
  call(time: number, run: () => void): void { this.at(time, { fire: run }); }

  /** Calls `run` after `delay` microseconds. */
  after(delay: number, run: () => void): void { this.call(this.now + delay, run); }

  /** Runs events up to and including `time`, or until `done` says so; returns whether it did. */
  run(time: number, done?: () => boolean): boolean {
    while (this.size > 0 && this.heap[0].time <= time) {
      this.step();
      if (done?.()) return true;
    }
    if (this.now < time) this.now = time;
    return false;
  }

  private step(): void {
    const e = this.take();
    this.now = e.time;
    this.steps++;
    const target = e.target, arg = e.arg;
    e.target = NOBODY;
    this.spare.push(e);
    target.fire(arg);
    this.afterStep?.();
  }

  private take(): Entry {
    const top = this.heap[0], last = this.heap[--this.size];
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= this.size) break;
      if (down + 1 < this.size && before(this.heap[down + 1], this.heap[down])) down++;
      if (!before(this.heap[down], last)) break;
      this.heap[i] = this.heap[down];
      i = down;
    }
    this.heap[i] = last;
    return top;
  }

  /** Takes a number into the trace hash. */
  trace(v: number): void {
    this.h1 = Math.imul(this.h1 ^ v, 0x01000193);
    this.h2 = Math.imul((this.h2 ^ v) + ((this.h2 << 13) | (this.h2 >>> 19)), 0x85ebca6b);
  }

  /** Takes bytes into the trace hash. */
  traceBytes(bytes: Uint8Array): void {
    let a = this.h1, b = this.h2;
    for (let i = 0; i < bytes.length; i++) {
      a = Math.imul(a ^ bytes[i], 0x01000193);
      b = (b + a) | 0;
    }
    this.h1 = a;
    this.h2 = b;
  }

  /** The trace hash as 16 hex digits. */
  hash(): string { return hex(this.h1) + hex(this.h2); }
}

function before(a: Entry, b: Entry): boolean { return a.time < b.time || (a.time === b.time && a.order < b.order); }
function hex(v: number): string { return (v >>> 0).toString(16).padStart(8, "0"); }
