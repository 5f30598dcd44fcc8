// SPDX-License-Identifier: Apache-2.0
/**
 * The AdmissionReview v1 around a request and its answer: read strictly, written within the limits of the API.
 * @module
 */
import { isUtf8 } from 'node:buffer';
import {
  type AdmissionRequest,
  type GroupVersionKind,
  type JSONObject,
  OPERATIONS,
  type Verdict,
} from './admission.ts';

const API_VERSION = 'admission.k8s.io/v1';
const KIND = 'AdmissionReview';
const MAX_UID_LENGTH = 128;
/** No kind we judge comes near it, and whoever compares objects goes down by recursion. */
const MAX_DEPTH = 256;
/** Values of any kind. What an API server sends has nine octets for each where it is dense; an empty object takes three. */
const MAX_VALUES = 1_000_000;
/** What the API server cuts each warning to where all are longer than that (its endpoints/filters/warning.go). */
const MAX_WARNING_LENGTH = 256;
const MAX_WARNINGS_LENGTH = 4096;
/** One warning beside many others of its length. */
const MAX_WHOLE_WARNING_LENGTH = 1024;
const MAX_WARNINGS = 16;
/** Well below what clients and audit logs stand. */
const MAX_MESSAGE_LENGTH = 8192;
const MAX_AUDIT_LENGTH = 1024;
const AUDIT_KEY = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

export type ReadReview = { readonly request: AdmissionRequest } | { readonly problem: string };

/** The request in the body, or why there is none. Never throws. */
export function readReview(body: Uint8Array): ReadReview {
  if (!isUtf8(body)) return { problem: 'the body is not UTF-8' };
  const unread = structureProblem(body);
  if (unread !== undefined) return { problem: unread };
  let review: unknown;
  try {
    review = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    // The parser's message would quote the body.
    return { problem: 'the body is not JSON' };
  }
  if (!isObject(review) || review['kind'] !== KIND) return { problem: `the body is not an ${KIND}` };
  if (review['apiVersion'] !== API_VERSION) return { problem: `the ${KIND} is not of ${API_VERSION}` };
  const { request } = review;
  return isObject(request) ? readRequest(request) : { problem: `the ${KIND} has no request` };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = { list: 0x5b, object: 0x7b } as const;
const CLOSING = { list: 0x5d, object: 0x7d } as const;

/**
 * Whether it is too deep, or too many things, by its octets and before anything is made of them: some octets that come to
 * a hundred times as much memory. Whether it is JSON at all, nobody knows yet.
 */
function structureProblem(body: Uint8Array): string | undefined {
  let depth = 0;
  let values = 1;
  let inText = false;
  for (let index = 0; index < body.length; index += 1) {
    const octet = body[index] ?? 0;
    if (octet === QUOTE) inText = !inText;
    else if (inText) index += octet === BACKSLASH ? 1 : 0;
    else if (octet === COMMA) values += 1;
    else if (octet === OPENING.list || octet === OPENING.object) {
      depth += 1;
      values += 1;
    } else if (octet === CLOSING.list || octet === CLOSING.object) depth -= 1;
    if (depth > MAX_DEPTH) return `the body is nested deeper than ${MAX_DEPTH} levels`;
    if (values > MAX_VALUES) return `the body holds more than ${MAX_VALUES} values`;
  }
  return undefined;
}

function readRequest(request: JSONObject): ReadReview {
  const { dryRun = false } = request;
  const uid = readUID(request['uid']);
  const kind = readKind(request['kind']);
  const operation = OPERATIONS.find((known) => known === request['operation']);
  const user = readUser(request['userInfo']);
  const place = readPlace(request);
  if (uid === undefined) return wrong('uid');
  if (kind === undefined) return wrong('kind');
  if (operation === undefined) return wrong('operation');
  if (user === undefined) return wrong('userInfo');
  if (place === undefined) return wrong('name, namespace or subResource');
  if (typeof dryRun !== 'boolean') return wrong('dryRun');
  const object = readObject(request['object'], operation === 'CREATE' || operation === 'UPDATE');
  const oldObject = readObject(request['oldObject'], operation === 'UPDATE' || operation === 'DELETE');
  if (object === 'wrong' || oldObject === 'wrong') return wrong('object or oldObject');
  return { request: { uid, kind, operation, ...place, user, object, oldObject, dryRun } };
}

function wrong(field: string): ReadReview {
  return { problem: `request.${field} is missing or not what it must be` };
}

function readPlace(request: JSONObject): Pick<AdmissionRequest, 'name' | 'namespace' | 'subResource'> | undefined {
  const { name = '', namespace = '', subResource = '' } = request;
  if (typeof name !== 'string' || typeof namespace !== 'string' || typeof subResource !== 'string') return undefined;
  return { name, namespace: orNone(namespace), subResource: orNone(subResource) };
}

function orNone(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function readUID(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_UID_LENGTH ? value : undefined;
}

function readKind(value: unknown): GroupVersionKind | undefined {
  if (!isObject(value)) return undefined;
  const { group = '', version, kind } = value;
  if (typeof group !== 'string' || typeof version !== 'string' || typeof kind !== 'string') return undefined;
  return version === '' || kind === '' ? undefined : { group, version, kind };
}

/** A user of whom nothing is known has neither name nor uid nor groups. */
function readUser(value: unknown = {}): AdmissionRequest['user'] | undefined {
  if (!isObject(value)) return undefined;
  const { username = '', uid = '', groups = [] } = value;
  if (typeof username !== 'string' || typeof uid !== 'string' || !Array.isArray(groups)) return undefined;
  return groups.every((group) => typeof group === 'string') ? { username, uid, groups } : undefined;
}

/** Null stands for none. */
function readObject(value: unknown, required: boolean): JSONObject | undefined | 'wrong' {
  if (value === undefined || value === null) return required ? 'wrong' : undefined;
  return isObject(value) ? value : 'wrong';
}

/** The AdmissionReview that answers the request with this uid. */
export function reviewAnswer(uid: string, verdict: Verdict): JSONObject {
  const { allowed, message, auditAnnotations } = verdict;
  const warnings = boundedWarnings(verdict.warnings);
  const audit = boundedAnnotations(auditAnnotations ?? {});
  const status = { code: 403, reason: 'Forbidden', message: cut(message ?? 'refused', MAX_MESSAGE_LENGTH) };
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    response: {
      uid,
      allowed,
      ...(allowed ? {} : { status }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(Object.keys(audit).length === 0 ? {} : { auditAnnotations: audit }),
    },
  };
}

/** As many as fit, each on one line; the last one tells of those left out. */
function boundedWarnings(warnings: readonly string[]): string[] {
  const whole = [...new Set(warnings.map((warning) => cut(oneLine(warning), MAX_WHOLE_WARNING_LENGTH)))];
  const fits = whole.length <= MAX_WARNINGS && whole.join('').length <= MAX_WARNINGS_LENGTH - MAX_WARNING_LENGTH;
  if (fits) return whole;
  const lines = [...new Set(whole.map((warning) => cut(warning, MAX_WARNING_LENGTH)))];
  const bounded: string[] = [];
  let room = MAX_WARNINGS_LENGTH - MAX_WARNING_LENGTH;
  for (const line of lines) {
    room -= Array.from(line).length;
    if (room < 0 || bounded.length === MAX_WARNINGS - 1) break;
    bounded.push(line);
  }
  const left = lines.length - bounded.length;
  return left === 0 ? bounded : [...bounded, `${left} more warnings are left out`];
}

function boundedAnnotations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(annotations).filter(([key]) => AUDIT_KEY.test(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, cut(value, MAX_AUDIT_LENGTH)]));
}

/** Control characters would be refused, or worse shown, by clients. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}

/** At most `max` characters, and none of them halved. */
function cut(text: string, max: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= max) return whole;
  const characters = Array.from(whole);
  return characters.length <= max ? whole : `${characters.slice(0, max - 3).join('')}...`;
}

function isObject(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
