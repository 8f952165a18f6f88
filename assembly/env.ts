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

// What only a board has.

/** Reads an I/O port. */
// @ts-ignore: decorator
@external("env", "in8") export declare function in8(port: u32): u32;
// @ts-ignore: decorator
@external("env", "in16") export declare function in16(port: u32): u32;
// @ts-ignore: decorator
@external("env", "in32") export declare function in32(port: u32): u32;
/** Writes an I/O port. */
// @ts-ignore: decorator
@external("env", "out8") export declare function out8(port: u32, v: u32): void;
// @ts-ignore: decorator
@external("env", "out16") export declare function out16(port: u32, v: u32): void;
// @ts-ignore: decorator
@external("env", "out32") export declare function out32(port: u32, v: u32): void;
/** `count` words between one port and memory. */
// @ts-ignore: decorator
@external("env", "ins16") export declare function ins16(port: u32, p: usize, count: u32): void;
// @ts-ignore: decorator
@external("env", "ins32") export declare function ins32(port: u32, p: usize, count: u32): void;
// @ts-ignore: decorator
@external("env", "outs16") export declare function outs16(port: u32, p: usize, count: u32): void;
// @ts-ignore: decorator
@external("env", "outs32") export declare function outs32(port: u32, p: usize, count: u32): void;
/** Bus address of n bytes at p. */
// @ts-ignore: decorator
@external("env", "dma_address") export declare function dma_address(p: usize, n: u32): u32;
/** Memory that a device shares is read again after it, and written before it. */
// @ts-ignore: decorator
@external("env", "barrier") export declare function barrier(): void;
/** Lets an interrupt line through, once. */
// @ts-ignore: decorator
@external("env", "irq_open") export declare function irq_open(line: u32): void;
// @ts-ignore: decorator
@external("env", "irq_close") export declare function irq_close(line: u32): void;
/** 1 when the line's interrupt has come since the last call. */
// @ts-ignore: decorator
@external("env", "irq_taken") export declare function irq_taken(line: u32): u32;
/** Microseconds on the clock of `poll`, at this moment. */
// @ts-ignore: decorator
@external("env", "now") export declare function now(): u64;
/** Hands bytes to the consoles; how many they took. */
// @ts-ignore: decorator
@external("env", "console_write") export declare function console_write(p: usize, n: u32): u32;
/** Takes typed bytes; how many. */
// @ts-ignore: decorator
@external("env", "console_read") export declare function console_read(p: usize, n: u32): u32;
/** Copies the first n bytes of the board block; its length. */
// @ts-ignore: decorator
@external("env", "board") export declare function board(p: usize, n: u32): u32;
/** Starts the node anew. */
// @ts-ignore: decorator
@external("env", "restart") export declare function restart(): void;
