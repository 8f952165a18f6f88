// The host's side (host/ABI.md). Only drivers and entries import this.

/** One line of n bytes at p to the host's log. */
// @ts-ignore: decorator
@external("env", "log") export declare function log(level: u32, p: usize, n: u32): void;
/** Fills up to n bytes with entropy; how many. In `init` only. */
// @ts-ignore: decorator
@external("env", "entropy") export declare function entropy(p: usize, n: u32): i32;
/** The durable record: its length, 0 where there is none, -1 without storage. In `init` only. */
// @ts-ignore: decorator
@external("env", "store_read") export declare function store_read(p: usize, n: u32): i32;
/** Starts writing the record. */
// @ts-ignore: decorator
@external("env", "store_write") export declare function store_write(p: usize, n: u32): void;
/** n bytes of the content image: n, -5 outside it, -11 later. */
// @ts-ignore: decorator
@external("env", "content_read") export declare function content_read(offset: u32, p: usize, n: u32): i32;
