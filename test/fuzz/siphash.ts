// SipHash-2-4 and the keys derived from the site's (assembly/core/siphash.ts), written from the paper: how the fuzzer speaks as a member of the site.

const MASK = 0xffffffffffffffffn;
const rotl = (x: bigint, n: bigint): bigint => (x << n | x >> 64n - n) & MASK;

function rounds(v: bigint[], n: number): void {
  for (; n > 0; n--) {
    v[0] = v[0] + v[1] & MASK; v[1] = rotl(v[1], 13n) ^ v[0]; v[0] = rotl(v[0], 32n);
    v[2] = v[2] + v[3] & MASK; v[3] = rotl(v[3], 16n) ^ v[2];
    v[0] = v[0] + v[3] & MASK; v[3] = rotl(v[3], 21n) ^ v[0];
    v[2] = v[2] + v[1] & MASK; v[1] = rotl(v[1], 17n) ^ v[2]; v[2] = rotl(v[2], 32n);
  }
}

/** The 64-bit hash of a message under a key of 16 bytes. */
export function siphash(key: Uint8Array, message: Uint8Array): bigint {
  const k = new DataView(key.buffer, key.byteOffset), k0 = k.getBigUint64(0, true), k1 = k.getBigUint64(8, true);
  const v = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const padded = new Uint8Array((message.length & ~7) + 8), m = new DataView(padded.buffer);
  padded.set(message);
  padded[padded.length - 1] = message.length;
  for (let at = 0; at < padded.length; at += 8) {
    const w = m.getBigUint64(at, true);
    v[3] ^= w;
    rounds(v, 2);
    v[0] ^= w;
  }
  v[2] ^= 0xffn;
  rounds(v, 4);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

export const enum Purpose { chain = 1, manage = 2 }

/** The key of a purpose and a service. */
export function derive(key: Uint8Array, purpose: Purpose, service: number): Uint8Array {
  const out = new Uint8Array(16), v = new DataView(out.buffer);
  for (let half = 0; half < 2; half++) {
    const m = new Uint8Array(16), w = new DataView(m.buffer);
    w.setUint32(0, purpose, true);
    w.setUint32(4, service, true);
    w.setUint32(8, half, true);
    v.setBigUint64(8 * half, siphash(key, m), true);
  }
  return out;
}
