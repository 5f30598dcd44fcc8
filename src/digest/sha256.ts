// SPDX-License-Identifier: Apache-2.0
/**
 * SHA-256 (FIPS 180-4), written out because the pure rings have no `node:crypto`.
 * @module
 */

const BLOCK = 64;
const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
const ROUND_CONSTANTS = roundConstants();
/** Filled anew for every block; nothing of it outlives a call. */
const SCHEDULE = new Int32Array(BLOCK);

/** The hash of the octets, 64 lowercase hexadecimal digits. */
export function sha256(octets: Uint8Array): string {
  const state = Int32Array.from(INITIAL);
  const view = padded(octets);
  for (let at = 0; at < view.byteLength; at += BLOCK) {
    for (let i = 0; i < 16; i += 1) SCHEDULE[i] = view.getInt32(at + i * 4);
    expand(SCHEDULE);
    compress(state, SCHEDULE);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The octets, one bit, zeros, and the length in bits. */
function padded(octets: Uint8Array): DataView {
  const length = Math.ceil((octets.length + 9) / BLOCK) * BLOCK;
  const message = new Uint8Array(length);
  message.set(octets);
  message[octets.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setUint32(length - 8, Math.floor(octets.length / 2 ** 29));
  view.setUint32(length - 4, (octets.length * 8) % 2 ** 32);
  return view;
}

function expand(w: Int32Array): void {
  for (let i = 16; i < BLOCK; i += 1) {
    const a = w[i - 15] as number;
    const b = w[i - 2] as number;
    const s0 = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3);
    const s1 = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
  }
}

// Plain variables and no destructuring in here: it runs once for every 64 octets of every plan.
function compress(state: Int32Array, w: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < BLOCK; i += 1) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[i] as number) + (w[i] as number)) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const words = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < words.length; i += 1) state[i] = ((state[i] as number) + (words[i] as number)) | 0;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
function roundConstants(): Int32Array {
  const constants = new Int32Array(BLOCK);
  const primes: number[] = [];
  for (let candidate = 2; primes.length < BLOCK; candidate += 1) {
    if (primes.some((prime) => candidate % prime === 0)) continue;
    constants[primes.length] = (Math.cbrt(candidate) % 1) * 2 ** 32;
    primes.push(candidate);
  }
  return constants;
}
