// IPv4 and Ethernet addresses as text and as numbers (host order: 10.0.0.1 = 0x0a000001).

export interface Prefix { address: number; length: number }

export function parseIp(s: unknown): number | undefined {
  const m = typeof s === "string" ? /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(s) : null;
  const parts = m?.slice(1).map(Number);
  if (!parts || parts.some(n => n > 255)) return undefined;
  return ((parts[0] << 24) | (parts[1] << 16) | (parts[2] << 8) | parts[3]) >>> 0;
}

/** An address that a node can have: not 0.x, loopback, multicast or broadcast. */
export function parseUnicast(s: unknown): number | undefined {
  const a = parseIp(s), top = a === undefined ? 0 : a >>> 24;
  return top === 0 || top === 127 || top >= 224 ? undefined : a;
}

export function showIp(a: number): string { return [a >>> 24, a >>> 16 & 255, a >>> 8 & 255, a & 255].join("."); }

/** "10.0.0.1/24". */
export function parsePrefix(s: unknown): Prefix | undefined {
  const m = typeof s === "string" ? /^([\d.]+)\/(\d{1,2})$/.exec(s) : null;
  const address = m ? parseIp(m[1]) : undefined;
  return m && address !== undefined && Number(m[2]) <= 32 ? { address, length: Number(m[2]) } : undefined;
}

export function mask(length: number): number { return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0; }
export function covers(p: Prefix, a: number): boolean { return ((p.address ^ a) & mask(p.length)) === 0; }

/** "02:00:00:00:00:01" as six bytes; undefined for group addresses and zero. */
export function parseMac(s: unknown): Uint8Array | undefined {
  if (typeof s !== "string" || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(s)) return undefined;
  const b = Uint8Array.from(s.split(":"), x => parseInt(x, 16));
  return b[0] & 1 || b.every(x => x === 0) ? undefined : b;
}
export function showMac(b: Uint8Array): string { return [...b].map(x => x.toString(16).padStart(2, "0")).join(":"); }
