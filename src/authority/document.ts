// SPDX-License-Identifier: Apache-2.0
/**
 * The state of a trust domain's authority as it is stored: every root and intermediate with its slot, and no key.
 * It lives beside the intermediate's key in one Secret, so a transition is one write.
 * @module
 */

import { formatTimestamp, parseTimestamp } from '../api/timestamp.ts';
import { AUTHORITY_KINDS, AUTHORITY_STATES, type AuthorityKind, type AuthorityState } from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';

export interface AuthoritySlot {
  /** Hash of the public key. */
  readonly id: string;
  readonly kind: AuthorityKind;
  readonly state: AuthorityState;
  /** When the slot came into this state. */
  readonly since: Instant;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** PEM. */
  readonly certificate: string;
  /** The root that signed an intermediate. */
  readonly issuerID?: string;
}

export interface AuthorityDocument {
  readonly trustDomain: string;
  readonly slots: readonly AuthoritySlot[];
}

const FORMAT = 1;

/** Writes the document as the JSON text that is stored. */
export function formatDocument({ trustDomain, slots }: AuthorityDocument): string {
  const stored = slots.map((slot) => ({
    ...slot,
    since: formatTimestamp(slot.since),
    notBefore: formatTimestamp(slot.notBefore),
    notAfter: formatTimestamp(slot.notAfter),
  }));
  return JSON.stringify({ format: FORMAT, trustDomain, slots: stored }, undefined, 2);
}

/** Reads a stored document, or says what is wrong with it. Nothing in it is taken on trust but its shape. */
export function parseDocument(text: string): { readonly value: AuthorityDocument } | { readonly problem: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  if (!isRecord(raw)) return { problem: 'is not a JSON object' };
  if (raw['format'] !== FORMAT) return { problem: `has format ${String(raw['format'])}; this version reads ${FORMAT}` };
  const { trustDomain, slots } = raw;
  if (typeof trustDomain !== 'string' || !Array.isArray(slots)) return { problem: 'lacks trustDomain or slots' };
  const parsed = slots.map(parseSlot);
  const bad = parsed.findIndex((slot) => slot === undefined);
  if (bad >= 0) return { problem: `has a damaged slot at index ${bad}` };
  const document = { trustDomain, slots: parsed.filter((slot) => slot !== undefined) };
  const problem = contradiction(document.slots);
  return problem === undefined ? { value: document } : { problem };
}

/** Which authority signs must never be a matter of the order in a list. */
function contradiction(slots: readonly AuthoritySlot[]): string | undefined {
  const twice = slots.find((slot, index) => slots.findIndex(({ id }) => id === slot.id) !== index);
  if (twice !== undefined) return `names authority ${twice.id} twice`;
  const active = (kind: AuthorityKind) => slots.filter((slot) => slot.kind === kind && slot.state === 'Active').length;
  const many = AUTHORITY_KINDS.find((kind) => active(kind) > 1);
  return many === undefined ? undefined : `names more than one active ${many.toLowerCase()}`;
}

function parseSlot(raw: unknown): AuthoritySlot | undefined {
  if (!isRecord(raw)) return undefined;
  const { id, certificate, issuerID } = raw;
  const kind = AUTHORITY_KINDS.find((candidate) => candidate === raw['kind']);
  const state = AUTHORITY_STATES.find((candidate) => candidate === raw['state']);
  const since = time(raw['since']);
  const notBefore = time(raw['notBefore']);
  const notAfter = time(raw['notAfter']);
  if (typeof id !== 'string' || typeof certificate !== 'string' || state === undefined) return undefined;
  if (kind === undefined) return undefined;
  if (since === undefined || notBefore === undefined || notAfter === undefined) return undefined;
  const issuer = typeof issuerID === 'string' ? { issuerID } : {};
  return { id, kind, state, since, notBefore, notAfter, certificate, ...issuer };
}

function time(value: unknown): Instant | undefined {
  return typeof value === 'string' ? parseTimestamp(value) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
