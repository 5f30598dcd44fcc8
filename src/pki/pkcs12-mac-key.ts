// SPDX-License-Identifier: Apache-2.0
/**
 * The key derivation of a PKCS#12 MAC (RFC 7292 B.2) for SHA-256. It is thousands of hashes one after the other, and
 * node:crypto has no asynchronous form of it: it runs in a thread of its own (pkcs12-keys.ts).
 * @module
 */
import { hash } from 'node:crypto';

/** Octets of a SHA-256 block. */
const BLOCK = 64;
/** The diversifier of a MAC key. */
const MAC_ID = 3;

/** 32 octets. `password` is ASCII. The holder zeroes the result. */
export function macKey(password: Uint8Array, salt: Uint8Array, iterations: number): Buffer {
  const text = repeated(bmpString(password));
  const input = Buffer.concat([Buffer.alloc(BLOCK, MAC_ID), repeated(Buffer.from(salt)), text]);
  let digest = hash('sha256', input, 'buffer');
  for (let i = 1; i < iterations; i += 1) digest = hash('sha256', digest, 'buffer');
  text.fill(0);
  input.fill(0);
  return digest;
}

/** Two octets a character, and a terminating zero. */
function bmpString(ascii: Uint8Array): Buffer {
  const text = Buffer.alloc((ascii.length + 1) * 2);
  for (const [i, octet] of ascii.entries()) text[i * 2 + 1] = octet;
  return text;
}

/** Again and again until blocks are full. */
function repeated(octets: Uint8Array): Buffer {
  const blocks = Math.ceil(octets.length / BLOCK);
  const filled = Buffer.alloc(blocks * BLOCK);
  for (let i = 0; i < filled.length; i += 1) filled[i] = octets[i % octets.length] ?? 0;
  octets.fill(0);
  return filled;
}
