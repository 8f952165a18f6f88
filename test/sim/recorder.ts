// Records what one simulated node observes and gives back, in the format of docs/record.md: what `hydranet replay` and the boards play again.

const MAGIC = "HYDREC01";
export const enum Entry { init = 1, poll = 2, frame = 3, command = 4, end = 5, entropy = 6, storeRead = 7, contentRead = 8, state = 9 }

const FNV_OFFSET = 0xcbf29ce484222325n, FNV_PRIME = 0x100000001b3n, MASK = 0xffffffffffffffffn;

/** One poll: the frames that it saw and those that it queued. */
export interface Poll { call: number; now: number; in: Uint8Array[]; out: Uint8Array[] }

export class Recorder {
  /** All polls so far; `call` counts inits, polls and commands from 0. */
  readonly polls: Poll[] = [];
  private readonly parts: Uint8Array[] = [];
  private calls = 0;
  private hash = FNV_OFFSET;
  private seen: Uint8Array[] = [];
  private now = 0;
  private polling = false;

  constructor(ifaces: number) { this.parts.push(Buffer.from(MAGIC), words(ifaces)); }

  /** The recording up to now, whole calls only when taken between calls. */
  bytes(): Uint8Array { return Buffer.concat(this.parts); }

  init(config: Uint8Array): void { this.begin(Entry.init, config); }

  /** Before the call that sees it. */
  frame(iface: number, frame: Uint8Array): void {
    this.seen.push(frame.slice());
    this.entry(Entry.frame, Buffer.concat([Uint8Array.of(iface), frame]));
  }

  /** `storeDone`, `storeFailed`, and per interface the six words that a host writes. */
  state(host: number[]): void { this.entry(Entry.state, words(...host)); }

  poll(now: number): void {
    this.polling = true;
    this.now = now;
    const b = Buffer.alloc(8);
    b.writeBigUInt64LE(BigInt(now));
    this.begin(Entry.poll, b);
  }

  /** What an import answered, and the bytes that it gave. */
  answer(kind: Entry.entropy | Entry.storeRead | Entry.contentRead, result: number, given: Uint8Array): void { this.entry(kind, Buffer.concat([words(result), given])); }

  log(line: Uint8Array): void { this.said("l", line); }
  store(record: Uint8Array): void { this.said("s", record); }

  /** The call is over, with the frames that it queued per interface. */
  end(result: number, queued: { deadline: bigint; frame: Uint8Array }[][]): void {
    queued.forEach((list, iface) => {
      for (const q of list) {
        const head = Buffer.alloc(14);
        head.write("f");
        head[1] = iface;
        head.writeBigUInt64LE(q.deadline, 2);
        head.writeUInt32LE(q.frame.length, 10);
        this.add(head);
        this.add(q.frame);
      }
    });
    const b = Buffer.alloc(12);
    b.writeUInt32LE(result >>> 0, 0);
    b.writeBigUInt64LE(this.hash, 4);
    this.entry(Entry.end, b);
    if (this.polling) this.polls.push({ call: this.calls, now: this.now, in: this.seen, out: queued.flat().map(q => q.frame) });
    this.polling = false;
    this.seen = [];
    this.calls++;
  }

  private begin(kind: Entry, bytes: Uint8Array): void { this.hash = FNV_OFFSET; this.entry(kind, bytes); }

  private said(letter: string, bytes: Uint8Array): void { this.add(Buffer.concat([Buffer.from(letter), words(bytes.length), bytes])); }

  private add(bytes: Uint8Array): void {
    let h = this.hash;
    for (const b of bytes) h = (h ^ BigInt(b)) * FNV_PRIME & MASK;
    this.hash = h;
  }

  private entry(kind: Entry, bytes: Uint8Array): void {
    const head = Buffer.alloc(5);
    head[0] = kind;
    head.writeUInt32LE(bytes.length, 1);
    this.parts.push(head, Uint8Array.from(bytes));
  }
}

function words(...list: number[]): Buffer {
  const b = Buffer.alloc(4 * list.length);
  list.forEach((w, i) => b.writeUInt32LE(w >>> 0, 4 * i));
  return b;
}
