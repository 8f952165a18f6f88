// What the demonstration needs of a laboratory.

import type { Machine } from "./results.ts";

export interface Progress { produced: number; received: number }

/** The chain at one moment, as its nodes tell it. */
export interface Chain {
  view: number;
  /** Primary first; empty while nobody knows. */
  members: string[];
  progress: Map<string, Progress>;
}

export interface Bed {
  /** Command line that runs another one in the client's namespace, and the client's interface there. */
  readonly client: string[];
  readonly iface: string;
  /** The replicated address, and the ports of the files and of the upload. */
  readonly address: string;
  readonly port: number;
  readonly sinkPort: number;
  /** Host servers in the configured order. */
  readonly servers: string[];
  readonly system: string;
  up(): Promise<void>;
  down(): Promise<void>;
  /** SIGKILL. */
  kill(node: string): Promise<void>;
  start(node: string): Promise<void>;
  chain(): Promise<Chain>;
  /** The nodes that are boards, as they are now. */
  machines(): Promise<Machine[]>;
  /** The client's link, bits per second both ways; undefined: as fast as it goes. */
  shape(rate: number | undefined): Promise<void>;
}
