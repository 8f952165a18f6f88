// When a player decoded its frames, from the lines of ffmpeg's `showinfo` filter, and which of them were late.

/** A frame is late when it is decoded more than this after its time on the first frame's clock. */
export const LATE_MS = 33;

export class Frames {
  /** Milliseconds after its time, per frame; negative: early. */
  readonly lateness: number[] = [];
  private first?: { t: number; pts: number };

  /** A line of the player's output that was read at t (ms); true where it tells of a frame. */
  line(text: string, t: number): boolean {
    const m = /\bn: *\d+ +pts: *\S+ +pts_time: *(-?[\d.]+)/.exec(text);
    if (!m) return false;
    const pts = Number(m[1]) * 1000;
    this.first ??= { t, pts };
    this.lateness.push(t - this.first.t - (pts - this.first.pts));
    return true;
  }

  get played(): number { return this.lateness.length; }
  get late(): number { return this.lateness.filter(ms => ms > LATE_MS).length; }
  get worst(): number { return this.lateness.reduce((a, b) => Math.max(a, b), 0); }
}
