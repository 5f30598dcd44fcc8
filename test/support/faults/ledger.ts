// SPDX-License-Identifier: Apache-2.0
/**
 * Judges every stored version of every SVID by the rules that never break, as a workload would find it, with OpenSSL
 * and none of our own code.
 * @module
 */
import type { X509Certificate } from 'node:crypto';
import { disagreement, type SVIDFiles, signed, svidFiles } from '../../integration/stories/svid-files.ts';
import type { SecretObject } from '../kinds.ts';
import type { StoredVersion } from './store-watch.ts';
import { type StoredSecret, storedSecret } from './stored-object.ts';

/** Design rule 1. */
const BACKDATE_MS = 60_000;
/** Design rules 8: nobody renews before this part of the life. */
const EARLIEST = 0.4;
const LATEST = 0.6;
/** A request that is answered a second time is so within this time. */
const ANSWERED_MS = 20_000;
/** Whole seconds in certificates. */
const ROUNDING_MS = 1500;
/** Design rule 15, and as long again for a write that waits in a paused etcd. */
const CLOCK_MS = 60_000;

/** One issuance that was stored. */
export interface Issuance {
  readonly name: string;
  readonly serial: string;
  readonly revision: number;
  readonly at: number;
}

/** What a Secret holds now. */
interface Held {
  readonly serial: string;
  /** Unix times. */
  readonly notAfter: number;
  readonly issued: number;
  readonly life: number;
  readonly anchors: ReadonlySet<string>;
  /** The request that it says it answers. */
  readonly answers: string | undefined;
}

interface Asked {
  readonly request: string;
  /** In Unix time. */
  readonly at: number;
}

export class Ledger {
  readonly #held = new Map<string, Held>();
  readonly #signers = new Set<string>();
  readonly #issuances: Issuance[] = [];
  readonly #violations: string[] = [];
  readonly #early: string[] = [];
  readonly #requested = new Set<string>();
  /** What was last asked for. */
  readonly #asked = new Map<string, Asked>();
  readonly #twice: string[] = [];
  #requests = 0;

  /** What broke a rule. */
  get violations(): readonly string[] {
    return this.#violations;
  }

  /** Issuances for which there was no reason: the SVID before had not come to its renewal. */
  get early(): readonly string[] {
    return this.#early;
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

  /** Requests that were answered with more than one SVID, as when a new holder has not heard of the answer yet. */
  get twice(): readonly string[] {
    return this.#twice;
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
    this.#held.set(name, now);
    if (now.serial === before?.serial) return;
    this.#issuances.push({ name, serial: now.serial, revision, at });
    this.#violations.push(...leafProblems(files).map((problem) => `${where}: ${problem}`));
    if (Math.abs(now.issued - at) > CLOCK_MS)
      this.#violations.push(`${where}: issued by a clock that is ${Math.round((now.issued - at) / 1000)} s off`);
    const asked = this.#answers(name, now, before);
    if (before !== undefined && !asked && now.issued < before.issued + EARLIEST * before.life - ROUNDING_MS) {
      const age = Math.round((now.issued - before.issued) / 1000);
      const list = at - (this.#asked.get(name)?.at ?? 0) < ANSWERED_MS ? this.#twice : this.#early;
      list.push(`${where}: issued anew after ${age} s of ${before.life / 1000} s`);
    }
    this.#trustsNew(where, files);
  }

  /** How many should have been renewed more than `grace` ms ago, at the latest. */
  overdue(now: number, grace: number): number {
    return this.overdueNames(now, grace).length;
  }

  overdueNames(now: number, grace: number): readonly string[] {
    return [...this.#held].flatMap(([name, { issued, life }]) => (now > issued + LATEST * life + grace ? [name] : []));
  }

  /** The least that is left of any SVID, in ms. */
  leastLeft(now: number): number {
    return Math.min(...[...this.#held.values()].map(({ notAfter }) => notAfter - now));
  }

  /**
   * Whether it is what was asked for. A renewal that was decided before the request came is stored after it and does not
   * answer it; then the one that says it does is the answer, and only one of them can be.
   */
  #answers(name: string, { answers }: Held, before: Held | undefined): boolean {
    if (this.#requested.delete(name)) return true;
    return answers !== before?.answers && answers === this.#asked.get(name)?.request;
  }

  /** Design rule 5: when a root first signs what is stored, every Secret holds it. */
  #trustsNew(where: string, { intermediates, anchors }: SVIDFiles): void {
    const [issuer] = intermediates;
    const root = issuer && anchors.find((anchor) => signed(issuer, anchor));
    if (root === undefined || this.#signers.has(root.fingerprint256)) return;
    this.#signers.add(root.fingerprint256);
    if (this.#signers.size === 1) return;
    const lacking = [...this.#held].filter(([, held]) => !held.anchors.has(root.fingerprint256));
    if (lacking.length > 0)
      this.#violations.push(
        `${where}: signed under a new root that ${lacking.length} Secrets lack, ${lacking[0]?.[0]}`,
      );
  }
}

function secretObject({ uid, data }: StoredSecret): SecretObject {
  const files = Object.entries(data).map(([file, bytes]) => [file, bytes.toString('base64')] as const);
  const metadata = { name: '', uid, resourceVersion: '', creationTimestamp: '' };
  return { metadata, data: Object.fromEntries(files) };
}

function heldOf({ leaf, anchors }: SVIDFiles, { annotations }: StoredSecret): Held {
  const notAfter = Date.parse(leaf.validTo);
  const issued = Date.parse(leaf.validFrom) + BACKDATE_MS;
  const fingerprints = new Set(anchors.map(({ fingerprint256 }) => fingerprint256));
  const answers = annotations['signet.dev/renew-request'];
  const serial = leaf.serialNumber.toLowerCase();
  return { serial, notAfter, issued, life: notAfter - issued, anchors: fingerprints, answers };
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
