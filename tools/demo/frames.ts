// When a player decoded its frames, and which of them were late. ffmpeg itself takes the time: behind the decoder `showinfo` tells a frame's own
// time, then `setpts` puts the wall clock in its place, and a second `showinfo` tells that.

/** A frame is late when it is decoded more than this after its time on the first frame's clock. */
export const LATE_MS = 33;
/** The filters whose output `Frames` reads. */
export const FILTERS = "showinfo,settb=1/1000000,setpts=RTCTIME-RTCSTART,showinfo";

export class Frames {
  /** Milliseconds after its time, per frame; negative: early. */
  readonly lateness: number[] = [];
  private first?: { wall: number; pts: number };
  /** Own time of the frame whose wall time comes next. */
  private pts?: number;

  /** A line of the player's output; true where it tells of a frame. */
  line(text: string): boolean {
    const m = /^\[Parsed_showinfo_(\d+) .*\bn: *\d+ +pts: *\S+ +pts_time: *(-?[\d.e+-]+)/.exec(text);
    if (!m) return false;
    const ms = Number(m[2]) * 1000;
    if (m[1] === "0") { this.pts = ms; return true; }
    if (this.pts === undefined) return true;
    this.first ??= { wall: ms, pts: this.pts };
    this.lateness.push(ms - this.first.wall - (this.pts - this.first.pts));
    this.pts = undefined;
    return true;
  }

  get played(): number { return this.lateness.length; }
  get late(): number { return this.lateness.filter(ms => ms > LATE_MS).length; }
  get worst(): number { return this.lateness.reduce((a, b) => Math.max(a, b), 0); }
}
