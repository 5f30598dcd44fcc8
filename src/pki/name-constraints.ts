// SPDX-License-Identifier: Apache-2.0
/**
 * Name constraints (RFC 5280 4.2.1.10), read and applied to the names our paths carry. Where verifiers read a constraint
 * differently, the narrower reading permits and the wider one excludes, so that nobody refuses what passes here.
 * @module
 */
import { contextConstructed, contextPrimitive, TAG } from './der.ts';
import { asciiText, atEnd, type Cursor, content, derError, enter, enterAny, expectEnd, nextTag } from './der-reader.ts';

export interface Subtree {
  /** `other`: a kind that Go refuses to process, such as directory names. */
  readonly kind: 'URI' | 'DNS' | 'email' | 'IP' | 'other';
  /** As written, in lowercase; hexadecimal for an IP range, empty for `other`. */
  readonly base: string;
}

export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

/** The names of a certificate that constraints above it apply to. */
export interface ConstrainedNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
}

/** Reads a `NameConstraints` value. Throws ERR_DER, also for one without any subtree. */
export function readNameConstraints(value: Cursor): NameConstraints {
  const lists = enter(value, TAG.SEQUENCE);
  const permitted = readSubtrees(lists, contextConstructed(0));
  const excluded = readSubtrees(lists, contextConstructed(1));
  expectEnd(lists);
  if (permitted.length + excluded.length === 0) throw derError('the name constraints are empty');
  return { permitted, excluded };
}

function readSubtrees(lists: Cursor, tag: number): readonly Subtree[] {
  if (nextTag(lists) !== tag) return [];
  const list = enter(lists, tag);
  const subtrees: Subtree[] = [];
  do {
    const subtree = enter(list, TAG.SEQUENCE);
    subtrees.push(readBase(subtree));
    if (!atEnd(subtree)) throw derError('a name constraint has a minimum or a maximum');
  } while (!atEnd(list));
  return subtrees;
}

const TEXT_KINDS = new Map<number | undefined, 'URI' | 'DNS' | 'email'>([
  [contextPrimitive(1), 'email'],
  [contextPrimitive(2), 'DNS'],
  [contextPrimitive(6), 'URI'],
]);

function readBase(subtree: Cursor): Subtree {
  const tag = nextTag(subtree);
  const kind = TEXT_KINDS.get(tag);
  if (tag !== undefined && kind !== undefined) return { kind, base: asciiText(content(subtree, tag)).toLowerCase() };
  if (tag === contextPrimitive(7)) return { kind: 'IP', base: Buffer.from(content(subtree, tag)).toString('hex') };
  enterAny(subtree);
  return { kind: 'other', base: '' };
}

const HOST = '[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*';
const PLAIN_HOST = new RegExp(`^${HOST}$`, 'u');
const NUMERIC_END = /(^|\.)[0-9]+$/u;

const FORMS: Readonly<Record<Exclude<Subtree['kind'], 'IP' | 'other'>, RegExp>> = {
  URI: new RegExp(`^\\.?${HOST}$`, 'u'),
  DNS: PLAIN_HOST,
  email: new RegExp(`^([a-z0-9._-]+@|\\.)?${HOST}$`, 'u'),
};

/** A constraint that some verifier cannot read or reads as nobody else, or undefined. */
export function formProblem({ permitted, excluded }: NameConstraints): string | undefined {
  const odd = [...permitted, ...excluded].find((subtree) => !isPlain(subtree));
  if (odd === undefined) return undefined;
  if (odd.kind === 'other') return 'has name constraints on names other than DNS, URI, email and IP, which Go refuses';
  return `has the ${odd.kind} name constraint ${JSON.stringify(odd.base)}, which verifiers do not agree on`;
}

function isPlain({ kind, base }: Subtree): boolean {
  if (kind === 'other') return false;
  return kind === 'IP' ? isIPRange(base) : FORMS[kind].test(base) && !NUMERIC_END.test(base);
}

/** Address and mask of one family, the mask a prefix. */
function isIPRange(base: string): boolean {
  if (base.length !== 16 && base.length !== 64) return false;
  const mask = BigInt(`0x${base.slice(base.length / 2)}`);
  const inverse = ~mask & (2n ** BigInt(base.length * 2) - 1n);
  return (inverse & (inverse + 1n)) === 0n;
}

/** The first name that the constraints forbid, with the reason, or undefined. */
export function constraintViolation(constraints: NameConstraints, names: ConstrainedNames): string | undefined {
  for (const uri of names.uris) {
    const reason = uriViolation(constraints, uri);
    if (reason !== undefined) return `the URI ${uri}, which ${reason}`;
  }
  for (const name of names.dnsNames) {
    const reason = dnsViolation(constraints, name);
    if (reason !== undefined) return `the DNS name ${name}, which ${reason}`;
  }
  return undefined;
}

const URI_HOST = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/u;

function uriViolation(constraints: NameConstraints, uri: string): string | undefined {
  const permitted = basesOf(constraints.permitted, 'URI');
  const excluded = basesOf(constraints.excluded, 'URI');
  if (permitted.length + excluded.length === 0) return undefined;
  const host = URI_HOST.exec(uri)?.[1] ?? '';
  // Go refuses a URI with an address as soon as there is any constraint on URIs, OpenSSL one without a host.
  if (!PLAIN_HOST.test(host) || NUMERIC_END.test(host)) return 'has no host name that constraints could be applied to';
  if (excluded.some((base) => isWithin(host, base.replace(/^\./u, '')))) return 'they exclude';
  if (permitted.length === 0 || permitted.some((base) => permitsHost(base, host))) return undefined;
  return `they do not permit (URI: ${permitted.join(', ')})`;
}

/** A leading period means at least one more label; without it only the very host is meant, though Go is more generous. */
function permitsHost(base: string, host: string): boolean {
  return base.startsWith('.') ? host.length > base.length && host.endsWith(base) : host === base;
}

function dnsViolation(constraints: NameConstraints, name: string): string | undefined {
  const permitted = basesOf(constraints.permitted, 'DNS');
  if (basesOf(constraints.excluded, 'DNS').some((base) => isWithin(name, base) || covers(name, base))) {
    return 'they exclude';
  }
  if (permitted.length === 0 || permitted.some((base) => isWithin(name, base))) return undefined;
  return `they do not permit (DNS: ${permitted.join(', ')})`;
}

/** Whether the name is the base or has more labels on its left. */
function isWithin(name: string, base: string): boolean {
  return name === base || name.endsWith(`.${base}`);
}

/** Whether a wildcard name stands for names within the base. */
function covers(name: string, base: string): boolean {
  return name.startsWith('*.') && base.endsWith(name.slice(1));
}

/** Whether the constraints let an authority issue for this one host of URIs and for no other. */
export function permitsOnlyHost({ permitted }: NameConstraints, host: string): boolean {
  const bases = basesOf(permitted, 'URI');
  return bases.length > 0 && bases.every((base) => base === host);
}

function basesOf(subtrees: readonly Subtree[], kind: Subtree['kind']): readonly string[] {
  return subtrees.filter((subtree) => subtree.kind === kind).map(({ base }) => base);
}
