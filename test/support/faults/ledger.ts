// SPDX-License-Identifier: Apache-2.0
/**
 * Judges every stored version of every SVID by the rules that never break, as a workload would find it, with OpenSSL
 * and none of our own code.
 * @module
 */
import type { X509Certificate } from 'node:crypto';
import { disagreement, type SVIDFiles, signed, svidFiles } from '../../integration/stories/svid-files.ts';
import type { SecretObject } from '../kinds.ts';
import { NewRoots } from './new-roots.ts';
import type { StoredVersion } from './store-watch.ts';
import { type StoredSecret, storedSecret } from './stored-object.ts';

/** Design rule 1. */
const BACKDATE_MS = 60_000;
/** Design rule 8: renewals come in this part of the life. */
export const EARLIEST = 0.4;
const LATEST = 0.6;
/** A request that is answered a second time is so within this time. */
const ANSWERED_MS = 20_000;
/** Whole seconds in certificates. */
const ROUNDING_MS = 1500;
/** Design rule 15, and as long again for a write that waits in a paused etcd. */
const CLOCK_MS = 60_000;

/** One issuance that was stored. */
export interface Issuance {
  /** `name@revision`, for people. */
  readonly where: string;
  readonly revision: number;
  readonly at: number;
  /** The process that stored it; undefined: the store does not say. */
  readonly writer: number | undefined;
  /** What one race too many issued; `early`: not yet due, `twice`: for a request that was answered. */
  readonly race?: 'early' | 'twice';
  /** How long after its planned renewal the SVID before it was replaced, and what was left of it, in ms. */
  readonly overdue: number;
  readonly left: number;
}

/** What a Secret holds now. */
interface Held {
  readonly serial: string;
  /** Unix times. */
  readonly notAfter: number;
  readonly issued: number;
  readonly life: number;
  /** By when it is to be renewed: at the end of the part of the life for that, until its status says when. */
  readonly due: number;
  /** The request that it says it answers. */
  readonly answers: string | undefined;
}

/** A stored version of a Secret. */
interface Version extends Pick<Issuance, 'where' | 'revision' | 'at' | 'writer'> {
  readonly name: string;
}

interface Asked {
  readonly request: string;
  /** In Unix time. */
  readonly at: number;
}

export class Ledger {
  readonly #held = new Map<string, Held>();
  readonly #roots: NewRoots;
  readonly #issuances: Issuance[] = [];
  readonly #violations: string[] = [];
  readonly #requested = new Set<string>();
  /** What was last asked for. */
  readonly #asked = new Map<string, Asked>();
  #requests = 0;

  /** The propagation margin, in ms. */
  constructor(margin: number) {
    this.#roots = new NewRoots(margin);
  }

  /** What broke a rule. */
  get violations(): readonly string[] {
    return this.#violations;
  }

  get issuances(): readonly Issuance[] {
    return this.#issuances;
  }

  /** Identities that hold an SVID. */
  get size(): number {
    return this.#held.size;
  }

  /** Somebody asked for one SVID more. */
  requested(name: string, asked: Asked): void {
    this.#requested.add(name);
    this.#asked.set(name, asked);
    this.#requests += 1;
  }

  /** How often somebody asked. */
  get requests(): number {
    return this.#requests;
  }

  /** What the status of the identity says of its SVID: when it will be renewed (design rule 8). */
  planned(where: string, name: string, { serial, due }: { readonly serial: string; readonly due: number }): void {
    const held = this.#held.get(name);
    if (held?.serial !== serial || Number.isNaN(due)) return;
    const [from, to] = [EARLIEST, LATEST].map((part) => held.issued + part * held.life) as [number, number];
    if (due < from - ROUNDING_MS || due > to + ROUNDING_MS)
      this.#violations.push(`${where}: its renewal is planned after ${Math.round((due - held.issued) / 1000)} s`);
    this.#held.set(name, { ...held, due });
  }

  /** A version of the Secret of the identity. */
  saw(name: string, { revision, at, value }: StoredVersion): void {
    const where = `${name}@${revision}`;
    const before = this.#held.get(name);
    if (before !== undefined && before.notAfter <= at)
      this.#violations.push(`${where}: the SVID before it had expired ${at - before.notAfter} ms ago`);
    if (value === undefined) {
      this.#violations.push(`${where}: the Secret was deleted`);
      return;
    }
    const stored = storedSecret(value);
    const secret = secretObject(stored);
    const why = disagreement(secret);
    if (why !== undefined) {
      this.#violations.push(`${where}: ${why}`);
      return;
    }
    const files = svidFiles(secret);
    const now = heldOf(files, stored);
    const version = { name, where, at, revision, writer: stored.writer };
    this.#roots.held(version, new Set(files.anchors.map(({ fingerprint256 }) => fingerprint256)));
    this.#held.set(name, now.serial === before?.serial ? { ...now, due: before.due } : now);
    if (now.serial === before?.serial) return;
    this.#violations.push(...leafProblems(files).map((problem) => `${where}: ${problem}`));
    const root = rootOf(files);
    if (root !== undefined) this.#violations.push(...this.#roots.signed(version, root));
    this.#issued(version, now, before);
  }

  /** Whose renewal was planned more than `grace` ms ago. */
  overdue(now: number, grace: number): readonly string[] {
    return [...this.#held].flatMap(([name, { due }]) => (now > due + grace ? [name] : []));
  }

  /** The least that is left of any SVID, in ms. */
  leastLeft(now: number): number {
    return Math.min(...[...this.#held.values()].map(({ notAfter }) => notAfter - now));
  }

  #issued({ name, ...version }: Version, now: Held, before: Held | undefined): void {
    const { where, at } = version;
    if (Math.abs(now.issued - at) > CLOCK_MS)
      this.#violations.push(`${where}: issued by a clock that is ${Math.round((now.issued - at) / 1000)} s off`);
    const race = this.#race(name, now, before, at);
    const overdue = Math.max(0, at - (before?.due ?? at));
    const left = (before?.notAfter ?? Number.POSITIVE_INFINITY) - at;
    this.#issuances.push({ ...version, ...(race && { race }), overdue, left });
  }

  #race(name: string, now: Held, before: Held | undefined, at: number): Issuance['race'] {
    if (this.#answers(name, now, before) || before === undefined) return undefined;
    if (now.issued >= before.issued + EARLIEST * before.life - ROUNDING_MS) return undefined;
    return at - (this.#asked.get(name)?.at ?? 0) < ANSWERED_MS ? 'twice' : 'early';
  }

  /**
   * Whether it is what was asked for. A renewal that was decided before the request came is stored after it and does not
   * answer it; then the one that says it does is the answer, and only one of them can be.
   */
  #answers(name: string, { answers }: Held, before: Held | undefined): boolean {
    if (this.#requested.delete(name)) return true;
    return answers !== before?.answers && answers === this.#asked.get(name)?.request;
  }
}

/** The anchor that signed the issuer of the leaf. */
function rootOf({ intermediates, anchors }: SVIDFiles): string | undefined {
  const [issuer] = intermediates;
  return issuer && anchors.find((anchor) => signed(issuer, anchor))?.fingerprint256;
}

function secretObject({ uid, data }: StoredSecret): SecretObject {
  const files = Object.entries(data).map(([file, bytes]) => [file, bytes.toString('base64')] as const);
  const metadata = { name: '', uid, resourceVersion: '', creationTimestamp: '' };
  return { metadata, data: Object.fromEntries(files) };
}

function heldOf({ leaf }: SVIDFiles, { annotations }: StoredSecret): Held {
  const notAfter = Date.parse(leaf.validTo);
  const issued = Date.parse(leaf.validFrom) + BACKDATE_MS;
  const answers = annotations['signet.dev/renew-request'];
  const serial = leaf.serialNumber.toLowerCase();
  const life = notAfter - issued;
  return { serial, notAfter, issued, life, due: issued + LATEST * life, answers };
}

/** Design rules 1 and 2, as far as OpenSSL shows them. */
function leafProblems({ leaf, intermediates, anchors }: SVIDFiles): string[] {
  const [issuer] = intermediates;
  const last = intermediates.at(-1) ?? leaf;
  const anchored = anchors.some((anchor) => signed(last, anchor));
  const uris = (leaf.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  return [
    ...(uris.length === 1 && uris[0]?.startsWith('URI:spiffe://') === true ? [] : ['the leaf has no one SPIFFE ID']),
    ...(leaf.ca ? ['the leaf is a CA'] : []),
    // Later a root may go that had signed a cross-certificate; nothing is issued with one that is gone already.
    ...(anchored ? [] : ['the chain of a new leaf ends in a certificate that no anchor has signed']),
    ...(issuer === undefined || isWithin(leaf, issuer) ? [] : ['the leaf outlives its issuer']),
  ];
}

function isWithin(leaf: X509Certificate, issuer: X509Certificate): boolean {
  const starts = Date.parse(leaf.validFrom) >= Date.parse(issuer.validFrom);
  return starts && Date.parse(leaf.validTo) <= Date.parse(issuer.validTo);
}
