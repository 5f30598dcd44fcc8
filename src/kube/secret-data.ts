// SPDX-License-Identifier: Apache-2.0
/**
 * Reads a Secret with its data. What the data holds goes from Buffer to Buffer and never through a string, which could
 * not be zeroed (design rule 10); everything else may become strings.
 * @module
 */
import type { ObjectMeta } from '../api/object-meta.ts';
import { decodeBase64 } from '../base64.ts';
import { SignetError } from '../errors.ts';
import { isText } from './is-text.ts';
import { broken, type Cursor, eachMember, passedNull, skipSpace, stringAt, valueAt } from './json-scanner.ts';
import { getObjectBytes, type ObjectCall } from './resource-calls.ts';
import { SECRETS } from './resources.ts';
import type { Transport } from './transport.ts';

/** A Secret as stored. */
export interface SecretWithData {
  readonly metadata: ObjectMeta;
  readonly type: string | undefined;
  readonly immutable: boolean | undefined;
  /** Decoded, each in a Buffer of its own. The holder zeroes what is secret. */
  readonly data: ReadonlyMap<string, Buffer>;
}

/** Overwrites what was read of a Secret, but for files that whoever holds it still needs. */
export function wipe(data: ReadonlyMap<string, Buffer>, kept: readonly (Buffer | undefined)[] = []): void {
  for (const file of data.values()) if (!kept.includes(file)) file.fill(0);
}

/** Far more than the API server stores of one object with all its metadata; a bound for the work, not a quota. */
const MAX_SIZE = 8 * 1024 * 1024;
const NAMES = ['kind', 'metadata', 'type', 'immutable', 'data'] as const;

/**
 * What `kubectl apply` keeps of the manifest, `data` included. It is no metadata of a Secret that holds a key.
 */
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A Secret whose key somebody else may have stored. */
export interface KeySecret extends SecretWithData {
  /** Its annotations hold a copy of the data, which was left out here. */
  readonly applied: boolean;
}

/** A quorum read of one Secret with its data. Its body is wiped before this returns. */
export async function getSecret(transport: Transport, call: ObjectCall): Promise<SecretWithData> {
  return reading(transport, call, parseSecret);
}

/** The same without the copy of the data that `kubectl apply` leaves in the annotations. */
export async function getKeySecret(transport: Transport, call: ObjectCall): Promise<KeySecret> {
  return reading(transport, call, parseKeySecret);
}

/** A quorum read of a Secret's metadata, without that copy either. */
export async function headKeySecret(transport: Transport, call: ObjectCall): Promise<ObjectMeta> {
  return reading(transport, { ...call, metadataOnly: true }, (bytes) => {
    const members = membersOf({ bytes, at: 0 }, { data: new Map(), read: bareMetadata });
    return metadataOf(members, 'PartialObjectMetadata');
  });
}

async function reading<T>(transport: Transport, call: ObjectCall, parse: (body: Buffer) => T): Promise<T> {
  const body = await getObjectBytes(transport, SECRETS, call);
  try {
    return parse(body);
  } finally {
    body.fill(0);
  }
}

/**
 * The Secret in its JSON. Strict: a member that counts and is there twice, base64 that is not canonical or has escapes
 * in it, anything that is no Secret of the API server's throws ERR_KUBE_PROTOCOL, without quoting it.
 */
export function parseSecret(bytes: Buffer): SecretWithData {
  return parsed(bytes, wholeValue);
}

/** The same without the copy of its data in the annotations. */
export function parseKeySecret(bytes: Buffer): KeySecret {
  let applied = false;
  const secret = parsed(bytes, (cursor) =>
    bareMetadata(cursor, () => {
      applied = true;
    }),
  );
  return { ...secret, applied };
}

type ReadMetadata = (cursor: Cursor) => unknown;

function parsed(bytes: Buffer, read: ReadMetadata): SecretWithData {
  const data = new Map<string, Buffer>();
  try {
    return checked(membersOf({ bytes, at: 0 }, { data, read }), data);
  } catch (error) {
    wipe(data);
    throw error;
  }
}

/** The members that count; what `data` holds goes into the map instead. */
function membersOf(
  cursor: Cursor,
  { data, read }: { readonly data: Map<string, Buffer>; readonly read: ReadMetadata },
): ReadonlyMap<string, unknown> {
  if (cursor.bytes.length > MAX_SIZE) throw refused(`it is larger than ${MAX_SIZE} bytes`);
  const members = new Map<string, unknown>();
  skipSpace(cursor);
  eachMember(cursor, (octets) => {
    const name = NAMES.find((known) => known === textOf(octets));
    if (name === undefined) {
      valueAt(cursor);
      return;
    }
    if (members.has(name)) throw broken(cursor, `${name} is there twice`);
    if (name === 'data') readData(cursor, data);
    members.set(name, name === 'data' ? undefined : (name === 'metadata' ? read : wholeValue)(cursor));
  });
  skipSpace(cursor);
  if (cursor.at < cursor.bytes.length) throw broken(cursor, 'something follows');
  return members;
}

function wholeValue(cursor: Cursor): unknown {
  return JSON.parse(valueAt(cursor).toString('utf8'));
}

/** Metadata, in whose annotations what `kubectl apply` left is passed over, and never becomes a string. */
function bareMetadata(cursor: Cursor, found: () => void = () => {}): unknown {
  return objectAt(cursor, (name) => (name === 'annotations' ? bareAnnotations(cursor, found) : wholeValue(cursor)));
}

function bareAnnotations(cursor: Cursor, found: () => void): unknown {
  if (passedNull(cursor)) return undefined;
  return objectAt(cursor, (name) => {
    if (name !== APPLIED) return wholeValue(cursor);
    valueAt(cursor);
    found();
    return undefined;
  });
}

/** The object at the cursor, of which a value that is undefined is left out. */
function objectAt(cursor: Cursor, read: (name: string) => unknown): unknown {
  const object = new Map<string, unknown>();
  eachMember(cursor, (octets) => {
    const name = textOf(octets);
    const value = read(name);
    if (value !== undefined) object.set(name, value);
  });
  return Object.fromEntries(object);
}

function readData(cursor: Cursor, data: Map<string, Buffer>): void {
  if (passedNull(cursor)) return;
  eachMember(cursor, (octets) => {
    const name = textOf(octets);
    if (data.has(name)) throw broken(cursor, 'a file is there twice');
    // An empty file is null where the API server never had its octets in its hands.
    const value = passedNull(cursor) ? Buffer.alloc(0) : decodeBase64(stringAt(cursor).subarray(1, -1));
    if (value === undefined) throw broken(cursor, 'a file is not base64');
    data.set(name, value);
  });
}

function checked(members: ReadonlyMap<string, unknown>, data: ReadonlyMap<string, Buffer>): SecretWithData {
  const metadata = metadataOf(members, 'Secret');
  const type = members.get('type');
  const immutable = members.get('immutable');
  if (type !== undefined && typeof type !== 'string') throw refused('its type is not a string');
  if (immutable !== undefined && typeof immutable !== 'boolean') throw refused('immutable is neither true nor false');
  return { metadata, type, immutable, data };
}

function metadataOf(members: ReadonlyMap<string, unknown>, kind: string): ObjectMeta {
  const metadata = members.get('metadata');
  if (members.get('kind') !== kind) throw refused('it is of another kind');
  if (!isObjectMeta(metadata)) throw refused('its metadata names no version of an object');
  return metadata;
}

/** What every decision needs; the rest is as the API server has it. */
function isObjectMeta(value: unknown): value is ObjectMeta {
  if (typeof value !== 'object' || value === null) return false;
  const { name, uid, resourceVersion } = value as Readonly<Record<string, unknown>>;
  return [name, uid, resourceVersion].every(isText);
}

function textOf(string: Buffer): string {
  return JSON.parse(string.toString('utf8')) as string;
}

function refused(problem: string): SignetError {
  return new SignetError('ERR_KUBE_PROTOCOL', `the answer is not a Secret: ${problem}`);
}
