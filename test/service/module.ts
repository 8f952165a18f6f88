// Entry of a module that holds one built-in service: its kind comes as the first argument of each event.
export { accept, data, eof, writable, closed, timer, resume } from "../../assembly/service/dispatch";
import { state as block } from "../../assembly/service/api";

/** Zeroes the state block of a new connection. */
export function begin(c: u32): void { memory.fill(block(c), 0, 192); }
