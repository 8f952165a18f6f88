// The service interface as imports of a module of its own: stands in for `assembly/service/api.ts`.

// @ts-ignore: decorator
@external("hydranet", "recv") export declare function recv(c: u32, p: usize, n: u32): u32;
// @ts-ignore: decorator
@external("hydranet", "skip") export declare function skip(c: u32): void;
// @ts-ignore: decorator
@external("hydranet", "unread") export declare function unread(c: u32): u32;
// @ts-ignore: decorator
@external("hydranet", "send") export declare function send(c: u32, p: usize, n: u32): u32;
// @ts-ignore: decorator
@external("hydranet", "room") export declare function room(c: u32): u32;
// @ts-ignore: decorator
@external("hydranet", "close") export declare function close(c: u32): void;
// @ts-ignore: decorator
@external("hydranet", "abort") export declare function abort(c: u32): void;
// @ts-ignore: decorator
@external("hydranet", "set_timer") export declare function setTimer(id: u32, ms: u32): void;
// @ts-ignore: decorator
@external("hydranet", "now") export declare function now(): u32;
// @ts-ignore: decorator
@external("hydranet", "random") export declare function random(): u32;
// @ts-ignore: decorator
@external("hydranet", "content") export declare function content(offset: u32, p: usize, n: u32): i32;
// @ts-ignore: decorator
@external("hydranet", "content_size") export declare function contentSize(): u32;
// @ts-ignore: decorator
@external("hydranet", "param") export declare function param(i: u32): u32;

const BLOCKS: u32 = 8;
const STATE: u32 = 192;
const STATES: usize = memory.data(192 * 8, 16);

/** The connection's block, in the module's own memory. */
export function state(c: u32): usize { return STATES + (c & (BLOCKS - 1)) * STATE; }
