// What every command of the `hydranet` command line shares: options, errors of usage, and how it says something.

import { parseArgs, type ParseArgsConfig } from "node:util";

export interface Command {
  /** Shown by --help. */
  help: string;
  /** Runs with the words after the command's name; gives the exit status. */
  run(args: string[]): Promise<number>;
}

/** A wrong command line: exit status 2. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig["options"]>;
export interface Parsed { words: string[]; options: Record<string, string | boolean | string[] | undefined> }

/** Parses options; throws UsageError on one that is unknown, or has no value. At most `most` words beside the options. */
export function parse(args: string[], options: Options, most = Infinity): Parsed {
  try {
    const r = parseArgs({ args, options, allowPositionals: true, strict: true });
    if (r.positionals.length > most) throw new Error(`unexpected word '${r.positionals[most]}'`);
    return { words: r.positionals, options: r.values as Parsed["options"] };
  } catch (e) {
    throw new UsageError((e as Error).message.split(". To specify")[0]);
  }
}

/** A number given as an option; throws UsageError naming it. */
export function number(p: Parsed, name: string, min: number, max: number, whole = false): number | undefined {
  const text = p.options[name];
  if (text === undefined) return undefined;
  const v = Number(text);
  if (text === "" || !(v >= min && v <= max) || (whole && !Number.isInteger(v))) throw new UsageError(`--${name}: found '${text}', expected a ${whole ? "whole " : ""}number from ${min} to ${max}`);
  return v;
}

/** A log level given as --log; throws UsageError where it is none. */
export function logLevel(p: Parsed): LogLevel | undefined {
  const text = p.options.log;
  if (text !== undefined && !LEVELS.includes(text as LogLevel)) throw new UsageError(`--log: found '${text}', expected error, warning, info or debug`);
  return text as LogLevel | undefined;
}
const LEVELS = ["error", "warning", "info", "debug"] as const;
export type LogLevel = typeof LEVELS[number];

export function required(p: Parsed, name: string, what: string): string {
  const v = p.options[name];
  if (typeof v !== "string") throw new UsageError(`--${name} ${what} is missing`);
  return v;
}

export const say = (line: string): void => { process.stderr.write(`${line}\n`); };
