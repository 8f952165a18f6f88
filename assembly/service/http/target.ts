// The request target (RFC 9112, 3.2): origin form or absolute form. The path is percent-decoded and hashed byte by byte, never kept; the
// query is ignored. A path with "." or ".." as a segment, an encoded slash or a control character is refused.

import { Request, TARGET_MAX, refuse } from "./state";
import * as files from "./files";
import * as word from "./word";

export const enum Form {
  first = 0,       // nothing was read yet
  path = 1,
  scheme = 2,      // before the "//" of an absolute form
  slash = 3,       // after its first slash
  authority = 4,
  rest = 5,        // behind the path: ignored
  other = 6,       // asterisk or authority form: for methods that are refused anyway
}

/** Takes one byte, which is neither a blank nor a control character. */
export function input(r: Request, b: u32): void {
  if (++r.count > TARGET_MAX) { refuse(r, 414); return; }
  switch (<u32>r.form) {
    case Form.first: first(r, b); break;
    case Form.path: path(r, b); break;
    case Form.scheme: if (b == 47) r.form = <u8>Form.slash; break;
    case Form.slash: r.form = <u8>(b == 47 ? Form.authority : Form.other); break;
    case Form.authority: authority(r, b); break;
    default: break;
  }
}

/** The target is complete. */
export function end(r: Request): void {
  if (r.form == Form.authority) authority(r, 47);
  if (r.form == Form.first || r.escape) { refuse(r, 400); return; }
  if (hasPath(r)) closeSegment(r);
}

/** True where the target named a path. */
export function hasPath(r: Request): bool { return r.form == Form.path || r.form == Form.rest; }

function first(r: Request, b: u32): void {
  if (b == 47) openPath(r);
  else r.form = <u8>((b | 32) == 104 ? Form.scheme : Form.other); // 'h' of "http:"
}

function authority(r: Request, b: u32): void {
  if (b == 47) openPath(r);
  else if (b == 63) { openPath(r); r.form = <u8>Form.rest; }
}

function openPath(r: Request): void {
  r.form = <u8>Form.path;
  files.hashBegin(r);
  files.hashByte(r, 47);
}

function path(r: Request, b: u32): void {
  if (r.escape) { escape(r, b); return; }
  if (b == 37) { r.escape = 2; r.escapeValue = 0; return; }
  if (b == 63) { r.form = <u8>Form.rest; return; }
  if (b == 35) { refuse(r, 400); return; } // a fragment is never sent
  if (b != 47) { letter(r, b); return; }
  closeSegment(r);
  files.hashByte(r, b);
  r.segment = 0;
  r.dots = 0;
}

function escape(r: Request, b: u32): void {
  const d = word.hexDigit(b);
  if (d == 16) { refuse(r, 400); return; }
  r.escapeValue = <u8>(<u32>r.escapeValue << 4 | d);
  if (--r.escape) return;
  const decoded = <u32>r.escapeValue;
  if (decoded == 47 || decoded == 92 || decoded < 32 || decoded == 127) { refuse(r, 400); return; }
  letter(r, decoded);
}

function letter(r: Request, b: u32): void {
  files.hashByte(r, b);
  if (r.segment < 255) r.segment++;
  if (b == 46 && r.dots < 255) r.dots++;
}

function closeSegment(r: Request): void {
  if (r.segment != 0 && r.segment <= 2 && r.segment == r.dots) refuse(r, 400);
}
