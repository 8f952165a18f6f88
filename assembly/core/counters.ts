// Every refused packet counts in exactly one named counter (I9). Each layer has its own enum in its own `counters.ts`, starting at its base
// here; `tools/` reads the enums' names from these files.

export const enum Base { core = 0, net = 32, tcp = 96, ft = 160, redirector = 208, manage = 256, service = 304, nic = 320, COUNT = 336 }

export const enum Core {
  noFrame = 0,        // the frame pool was empty
  txFull = 1,         // a transmit ring was full
  logLost = 2,        // log lines that did not fit
}

const TABLE = memory.data(336 * 4, 16);

// @ts-ignore: decorator
@inline export function add(c: u32): void { addN(c, 1); }
// @ts-ignore: decorator
@inline export function addN(c: u32, n: u32): void { store<u32>(TABLE + (c << 2), load<u32>(TABLE + (c << 2)) + n); }
export function get(c: u32): u32 { return load<u32>(TABLE + (c << 2)); }
export function address(): usize { return TABLE; }
export function clear(): void { memory.fill(TABLE, 0, 336 * 4); }
