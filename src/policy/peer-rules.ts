// SPDX-License-Identifier: Apache-2.0
/**
 * Whom an identity may name as a peer: inside what a policy allows, clear of what it denies. Peers of foreign trust
 * domains are warned about, policy or not: nobody can verify them yet.
 * @module
 */
import type { ResolvedPeerBounds } from '../api/resolved.ts';
import {
  coversPattern,
  formatSPIFFEIDPattern,
  overlapsPattern,
  parseSPIFFEIDPattern,
  type SPIFFEIDPattern,
} from '../spiffe/pattern.ts';
import { listed } from './identity-rules.ts';
import type { ResolvedPolicy } from './resolve.ts';
import type { IdentitySubject } from './subject.ts';
import type { Broken } from './violation.ts';

interface Peer {
  readonly text: string;
  /** Undefined: none, and refused elsewhere. */
  readonly pattern: SPIFFEIDPattern | undefined;
}

export interface Side {
  readonly name: 'clients' | 'servers';
  readonly path: string;
  /** Undefined: the identity does not restrict this side. */
  readonly peers: readonly Peer[] | undefined;
}

/** Whom the identity names, read once for all policies. */
export function peerSides({ resolved }: IdentitySubject): readonly Side[] {
  return [
    { name: 'clients', path: 'spec.mtls.allowedClients', peers: resolved.allowedClients?.map(parsed) },
    { name: 'servers', path: 'spec.mtls.allowedServers', peers: resolved.allowedServers?.map(parsed) },
  ];
}

/** Every rule on peers that the identity breaks, found as far as it is asked for. */
export function* peerViolations(policy: ResolvedPolicy, sides: readonly Side[]): Generator<Broken> {
  for (const side of sides) yield* sideViolations(side, policy[side.name]);
}

function* sideViolations({ name, path, peers }: Side, bounds: ResolvedPeerBounds): Generator<Broken> {
  const { allowed, denied } = bounds;
  if (peers === undefined) yield* unrestricted({ name, path, peers }, { allowed, denied });
  for (const [index, { text, pattern }] of (peers ?? []).entries()) {
    if (pattern === undefined) continue;
    const at = { path: `${path}[${index}]`, value: text };
    const hit = firstOf(denied, text, (other) => overlapsPattern(other, pattern));
    if (hit !== undefined) yield deniedPeer(name, at, hit);
    const covers = (other: SPIFFEIDPattern): boolean => coversPattern(other, pattern);
    if (allowed !== undefined && firstOf(allowed, text, covers) === undefined)
      yield foreignToAllowed(name, at, allowed);
  }
}

interface Indexed {
  readonly byText: ReadonlyMap<string, SPIFFEIDPattern>;
  readonly wildcards: readonly SPIFFEIDPattern[];
}

/** By the list they were made of, which stays the same for as long as its policy. */
const indexes = new WeakMap<readonly SPIFFEIDPattern[], Indexed>();

/** A pattern of the list that fits the peer; one without a wildcard fits another one only as the same text. */
function firstOf(
  list: readonly SPIFFEIDPattern[],
  text: string,
  fits: (pattern: SPIFFEIDPattern) => boolean,
): SPIFFEIDPattern | undefined {
  if (text.includes('*')) return list.find(fits);
  const known = indexes.get(list) ?? indexed(list);
  indexes.set(list, known);
  return known.byText.get(text) ?? known.wildcards.find(fits);
}

function indexed(list: readonly SPIFFEIDPattern[]): Indexed {
  return {
    byText: new Map(list.map((pattern) => [formatSPIFFEIDPattern(pattern), pattern])),
    wildcards: list.filter(({ segments }) => segments.includes('*')),
  };
}

/** An absent list allows everybody, so also whom the policy does not. */
function unrestricted(
  { name, path }: Side,
  { allowed, denied }: { readonly allowed: ResolvedPeerBounds['allowed']; readonly denied: readonly SPIFFEIDPattern[] },
): readonly Broken[] {
  const message = `is absent, which allows all ${name}`;
  if (allowed !== undefined) {
    const remedy = `list the ${name}; allowed are ${listed(allowed.map(formatSPIFFEIDPattern))}`;
    return [{ rule: `mtls.${name}.allowed`, path, message, remedy }];
  }
  if (denied.length === 0) return [];
  const remedy = `list the ${name}, without ${listed(denied.map(formatSPIFFEIDPattern))}`;
  return [{ rule: `mtls.${name}.denied`, path, message, remedy }];
}

type At = Pick<Broken, 'path'> & { readonly value: string };

function deniedPeer(name: Side['name'], at: At, hit: SPIFFEIDPattern): Broken {
  const message = `covers ${formatSPIFFEIDPattern(hit)}, which is denied`;
  return { rule: `mtls.${name}.denied`, ...at, message, remedy: 'remove it, or name single peers' };
}

function foreignToAllowed(name: Side['name'], at: At, allowed: readonly SPIFFEIDPattern[]): Broken {
  const remedy = `remove it; allowed are ${listed(allowed.map(formatSPIFFEIDPattern))}`;
  return { rule: `mtls.${name}.allowed`, ...at, message: 'is not within what is allowed', remedy };
}

/** Peers whose certificates no bundle of ours can verify. */
export function foreignPeers({ trustDomain }: IdentitySubject, sides: readonly Side[]): readonly Broken[] {
  const own = trustDomain?.trustDomain;
  if (own === undefined) return [];
  return sides.flatMap(({ path, peers = [] }) =>
    peers.flatMap(({ text, pattern }, index) => {
      const foreign = pattern?.trustDomain;
      if (foreign === undefined || foreign === own) return [];
      const message = `is of trust domain ${foreign}, whose certificates cannot be verified with the anchors of ${own}`;
      const remedy = `expect no connection with it, or name a peer of ${own}`;
      return [{ rule: 'foreign-trust-domain', path: `${path}[${index}]`, value: text, message, remedy }];
    }),
  );
}

/** Of a spec that was parsed. */
function parsed(text: string): Peer {
  const pattern = parseSPIFFEIDPattern(text);
  return { text, pattern: 'value' in pattern ? pattern.value : undefined };
}
