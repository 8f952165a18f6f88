// What a chip's `take` answers beside a frame's length, and what its `done` does: an address of neither is a counter, made negative.

/** No frame waits; the frame is still on its way. */
export const NOTHING: i32 = 0;
/** The ring or the chip cannot be trusted any more: it is started anew. */
export const BROKEN: i32 = -1;
/** A descriptor that is part of a frame counted before: it goes back. */
export const PART: i32 = -2;
/** The frame left. */
export const SENT: i32 = 1;

/** A refused frame, and the counter that says why. */
// @ts-ignore: decorator
@inline export function refused(counter: u32): i32 { return -<i32>counter; }

/** What `tend` answers beside microseconds: nothing to wait for; to be started anew. */
export const FOREVER: u32 = 0xffffffff, FAILED: u32 = 0xfffffffe;
