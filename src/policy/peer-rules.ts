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
import type { CompiledPolicy } from './compile.ts';
import { listed } from './listing.ts';
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

/** Rules on peers that the identity breaks, at least `enough` of them where there are so many. */
export function peerViolations(policy: CompiledPolicy, sides: readonly Side[], enough: number): readonly Broken[] {
  const broken: Broken[] = [];
  for (const side of sides) {
    const bounds = policy[side.name];
    if (bounds.allowed === undefined && bounds.denied.length === 0) continue;
    if (side.peers === undefined) broken.push(unrestricted(side, bounds));
    else addViolations({ ...bounds, side, peers: side.peers }, broken, enough);
  }
  return broken;
}

interface Bounded extends ResolvedPeerBounds {
  readonly side: Side;
  readonly peers: readonly Peer[];
}

function addViolations({ side, peers, allowed, denied }: Bounded, broken: Broken[], enough: number): void {
  for (let index = 0; index < peers.length && broken.length < enough; index += 1) {
    const peer = peers[index];
    if (peer?.pattern === undefined) continue;
    const hit = firstOf(denied, peer.text, peer.pattern, overlapsPattern);
    if (hit !== undefined) broken.push(deniedPeer(side, index, hit));
    if (allowed !== undefined && firstOf(allowed, peer.text, peer.pattern, coversPattern) === undefined)
      broken.push(foreignToAllowed(side, index, allowed));
  }
}

interface Indexed {
  readonly byText: ReadonlyMap<string, SPIFFEIDPattern>;
  readonly wildcards: readonly SPIFFEIDPattern[];
}

/** By the list they were made of, which stays the same for as long as its policy. */
const indexes = new WeakMap<readonly SPIFFEIDPattern[], Indexed>();

type Fits = (known: SPIFFEIDPattern, peer: SPIFFEIDPattern) => boolean;

/** A pattern of the list that fits the peer; one without a wildcard fits another one only as the same text. */
function firstOf(
  list: readonly SPIFFEIDPattern[],
  text: string,
  peer: SPIFFEIDPattern,
  fits: Fits,
): SPIFFEIDPattern | undefined {
  if (text.includes('*')) return firstFit(list, peer, fits);
  const known = indexes.get(list) ?? indexed(list);
  indexes.set(list, known);
  return known.byText.get(text) ?? firstFit(known.wildcards, peer, fits);
}

function firstFit(list: readonly SPIFFEIDPattern[], peer: SPIFFEIDPattern, fits: Fits): SPIFFEIDPattern | undefined {
  for (const known of list) if (fits(known, peer)) return known;
  return undefined;
}

function indexed(list: readonly SPIFFEIDPattern[]): Indexed {
  return {
    byText: new Map(list.map((pattern) => [formatSPIFFEIDPattern(pattern), pattern])),
    wildcards: list.filter(({ segments }) => segments.includes('*')),
  };
}

/** An absent list allows everybody, so also whom the policy does not. */
function unrestricted({ name, path }: Side, { allowed, denied }: ResolvedPeerBounds): Broken {
  const message = `is absent, which allows all ${name}`;
  if (allowed !== undefined) {
    const remedy = `list the ${name}; allowed are ${listed(allowed.map(formatSPIFFEIDPattern))}`;
    return { rule: `mtls.${name}.allowed`, path, message, remedy };
  }
  const remedy = `list the ${name}, without ${listed(denied.map(formatSPIFFEIDPattern))}`;
  return { rule: `mtls.${name}.denied`, path, message, remedy };
}

function deniedPeer(side: Side, index: number, hit: SPIFFEIDPattern): Broken {
  const message = `covers ${formatSPIFFEIDPattern(hit)}, which is denied`;
  const remedy = 'remove it, or name single peers';
  return { rule: `mtls.${side.name}.denied`, ...at(side, index), message, remedy };
}

function foreignToAllowed(side: Side, index: number, allowed: readonly SPIFFEIDPattern[]): Broken {
  const remedy = `remove it; allowed are ${listed(allowed.map(formatSPIFFEIDPattern))}`;
  return { rule: `mtls.${side.name}.allowed`, ...at(side, index), message: 'is not within what is allowed', remedy };
}

function at({ path, peers }: Side, index: number): { readonly path: string; readonly value: string } {
  return { path: `${path}[${index}]`, value: peers?.[index]?.text ?? '' };
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
