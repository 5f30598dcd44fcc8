// SPDX-License-Identifier: Apache-2.0
/**
 * The authority document as the JSON text that is stored. Reading trusts nothing in it but its shape.
 * @module
 */
import { formatTimestamp, parseTimestamp } from '../api/timestamp.ts';
import {
  AUTHORITY_KINDS,
  AUTHORITY_STATES,
  type AuthorityKind,
  ROTATION_ACTIONS,
  ROTATION_STATES,
} from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot, CrossCertificate, ImportedPart, RotationRecord } from './document.ts';

const FORMAT = 1;

const SLOT_TIMES = ['since', 'notBefore', 'notAfter', 'storedSince', 'leavesUntil', 'withdrawnSince'] as const;
const ROTATION_TIMES = ['startedAt', 'completedAt'] as const;
const IMPORTED_TIMES = ['endsAt', 'warnFrom'] as const;

/** Writes the document as the JSON text that is stored. Times are cut to whole seconds. */
export function formatDocument({ slots, rotation, aside, ...rest }: AuthorityDocument): string {
  const stored = {
    format: FORMAT,
    ...rest,
    slots: slots.map(formatSlot),
    ...(rotation === undefined ? {} : { rotation: formatRotation(rotation) }),
    ...(aside === undefined ? {} : { aside: formatRotation(aside) }),
  };
  return JSON.stringify(stored, undefined, 2);
}

function formatRotation(rotation: RotationRecord): object {
  return { ...rotation, ...formatted(rotation, ROTATION_TIMES) };
}

function formatSlot({ imported, ...slot }: AuthoritySlot): object {
  const part = imported === undefined ? {} : { imported: { ...imported, ...formatted(imported, IMPORTED_TIMES) } };
  return { ...slot, ...formatted(slot, SLOT_TIMES), ...part };
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
  const { format } = raw;
  if (format !== FORMAT) return { problem: `has format ${shown(format)}; this version reads ${FORMAT}` };
  const { trustDomain, revision, sequence } = raw;
  if (typeof trustDomain !== 'string' || !isCount(revision) || !isCount(sequence))
    return { problem: 'lacks trustDomain, revision or sequence' };
  const slots = parseSlots(raw['slots']);
  if ('problem' in slots) return slots;
  const rotation = raw['rotation'] === undefined ? undefined : parseRotation(raw['rotation']);
  if (raw['rotation'] !== undefined && rotation === undefined) return { problem: 'has a damaged rotation' };
  const aside = parseRotation(raw['aside']);
  return {
    value: {
      trustDomain,
      revision,
      sequence,
      slots: slots.value,
      ...(rotation === undefined ? {} : { rotation }),
      ...(aside === undefined ? {} : { aside }),
      ...parseIDs(raw),
    },
  };
}

/** Anything may stand there, also what no text can be made of. */
function shown(format: unknown): string {
  return format === undefined ? 'undefined' : JSON.stringify(format).slice(0, 40);
}

function parseIDs({
  requestID,
  answeredIDs,
}: Record<string, unknown>): Pick<AuthorityDocument, 'requestID' | 'answeredIDs'> {
  return {
    ...(typeof requestID === 'string' ? { requestID } : {}),
    ...(isTexts(answeredIDs) ? { answeredIDs } : {}),
  };
}

function parseSlots(raw: unknown): { readonly value: readonly AuthoritySlot[] } | { readonly problem: string } {
  if (!Array.isArray(raw)) return { problem: 'lacks slots' };
  const parsed = raw.map(parseSlot);
  const bad = parsed.findIndex((slot) => slot === undefined);
  if (bad >= 0) return { problem: `has a damaged slot at index ${bad}` };
  const slots = parsed.filter((slot) => slot !== undefined);
  const problem = contradiction(slots);
  return problem === undefined ? { value: slots } : { problem };
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
  const { since, notBefore, notAfter, ...times } = parsedTimes(raw, SLOT_TIMES);
  if (typeof id !== 'string' || typeof certificate !== 'string' || state === undefined) return undefined;
  if (kind === undefined) return undefined;
  if (since === undefined || notBefore === undefined || notAfter === undefined) return undefined;
  const parts = parseParts(raw);
  if (parts === undefined) return undefined;
  return {
    id,
    kind,
    state,
    since,
    notBefore,
    notAfter,
    certificate,
    ...times,
    ...(typeof issuerID === 'string' ? { issuerID } : {}),
    ...(isCount(raw['longestTTL']) ? { longestTTL: raw['longestTTL'] } : {}),
    ...parts,
    ...(raw['compromised'] === true ? { compromised: true } : {}),
    ...(raw['keyDestroyed'] === true ? { keyDestroyed: true } : {}),
  };
}

/** The records within a slot; undefined: one of them is damaged. */
function parseParts(raw: Record<string, unknown>): Pick<AuthoritySlot, 'cross' | 'imported'> | undefined {
  const cross = parseCross(raw['cross']);
  const imported = parseImported(raw['imported']);
  if (
    (raw['cross'] !== undefined && cross === undefined) ||
    (raw['imported'] !== undefined && imported === undefined)
  ) {
    return undefined;
  }
  return { ...(cross === undefined ? {} : { cross }), ...(imported === undefined ? {} : { imported }) };
}

function parseCross(raw: unknown): CrossCertificate | undefined {
  if (!isRecord(raw)) return undefined;
  const { certificate, issuerID } = raw;
  return typeof certificate === 'string' && typeof issuerID === 'string' ? { certificate, issuerID } : undefined;
}

function parseImported(raw: unknown): ImportedPart | undefined {
  if (!isRecord(raw)) return undefined;
  const { chain, sharedRoot } = raw;
  const { endsAt, warnFrom } = parsedTimes(raw, IMPORTED_TIMES);
  if (endsAt === undefined || warnFrom === undefined) return undefined;
  if (!isTexts(chain)) return undefined;
  const shared = typeof sharedRoot === 'string' ? { sharedRoot } : {};
  return { chain, endsAt, warnFrom, ...shared };
}

function parseRotation(raw: unknown): RotationRecord | undefined {
  if (!isRecord(raw)) return undefined;
  const action = ROTATION_ACTIONS.find((candidate) => candidate === raw['action']);
  const state = ROTATION_STATES.find((candidate) => candidate === raw['state']);
  const { startedAt, ...times } = parsedTimes(raw, ROTATION_TIMES);
  if (action === undefined || state === undefined || startedAt === undefined) return undefined;
  const { id, reason, message, quarantined } = raw;
  return {
    action,
    state,
    startedAt,
    ...times,
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(isCount(quarantined) ? { quarantined } : {}),
  };
}

function formatted<K extends string>(times: Partial<Record<K, Instant>>, keys: readonly K[]): Record<string, string> {
  const entries = keys.flatMap((key) => {
    const time = times[key];
    return time === undefined ? [] : [[key, formatTimestamp(time)] as const];
  });
  return Object.fromEntries(entries);
}

/** The times of a record that are there and well formed. */
function parsedTimes<K extends string>(
  raw: Record<string, unknown>,
  keys: readonly K[],
): { readonly [key in K]?: Instant } {
  const times: { [key in K]?: Instant } = {};
  for (const key of keys) {
    const value = raw[key];
    const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
    if (time !== undefined) times[key] = time;
  }
  return times;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
