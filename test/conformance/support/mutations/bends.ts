// SPDX-License-Identifier: Apache-2.0
/**
 * Bends of a scene in its DER that keep every signature and every tie between certificates right: whole bodies, names
 * on both of their sides, and extensions that Signet's own certificates never have.
 * @module
 */
import { bent } from '../der-tree.ts';
import * as x from '../extensions.ts';
import { commonName, type Draft, NAMES, type Scene } from '../scene.ts';
import { type Change, type Dice, type Mutation, onAnchors, onIssuing, onLeaf, withExtension } from './mutation.ts';

type Apply = Mutation['apply'];

const { OID } = x;

/**
 * Distribution points, policies, access to the authority: usual in imported authorities, where Signet accepts them
 * unread, and so accepts malformed ones that Go or OpenSSL refuse. In a leaf it accepts none.
 */
const UNREAD = ['2.5.29.31', '2.5.29.32', '1.3.6.1.5.5.7.1.1'];

const OWN: readonly string[] = Object.values(OID).filter((oid) => oid !== OID.nameConstraints);

/** Extensions of RFC 5280 and its neighbors that Signet's certificates do not have. */
const OTHERS = [
  ...Array.from({ length: 60 }, (_, arc) => `2.5.29.${arc}`),
  '1.3.6.1.5.5.7.1.3',
  '1.3.6.1.5.5.7.1.7',
  '1.3.6.1.5.5.7.1.8',
  '1.3.6.1.5.5.7.1.11',
  '1.3.6.1.5.5.7.1.14',
  '1.3.6.1.5.5.7.1.24',
  '1.3.6.1.4.1.11129.2.4.2',
  '2.16.840.1.113730.1.1',
].filter((oid) => !OWN.includes(oid) && !UNREAD.includes(oid));

/** By what is bent. */
export const BENDS = {
  'body of the leaf': onLeaf(bentBody),
  'body of the issuing authority': onIssuing(bentBody),
  'body of the anchor': onAnchors(bentBody),
  'extension of the leaf': onLeaf(oneOf([...OTHERS, ...UNREAD, ...UNREAD])),
  'extension of the issuing authority': onIssuing(oneOf(OTHERS)),
  'extension of the anchor': onAnchors(oneOf(OTHERS)),
  'name constraints of the issuing authority': onIssuing(bentConstraints),
  'name constraints of the anchor': onAnchors(bentConstraints),
  'unread extension of the issuing authority': onIssuing(oneOf(UNREAD)),
  'unread extension of the anchor': onAnchors(oneOf(UNREAD)),
  'subject of the leaf': onLeaf((_, dice) => ({ subject: bent(commonName('ns/shop/sa/checkout'), dice) })),
  'name of the issuing authority': renamed(NAMES.issuing),
  'name of the anchor': renamed(NAMES.root),
} as const satisfies Record<string, Apply>;

function bentBody(_: Draft, dice: Dice): Partial<Draft> {
  return { spoilTBS: (tbs) => bent(tbs, dice) };
}

const CONSTRAINTS = x.nameConstraints(
  [x.dnsName('svc'), x.uriName('example.org')],
  [x.emailName('example.com'), x.ipName([10, 0, 0, 0, 255, 0, 0, 0]), x.dnsName('example.com')],
);

function bentConstraints(draft: Draft, dice: Dice): Partial<Draft> {
  const critical = dice(3) > 0;
  return withExtension({ ...CONSTRAINTS, critical, value: bent(CONSTRAINTS.value, dice) })(draft, dice);
}

/** Adds an extension with some value, rarely critical. */
function oneOf(oids: readonly string[]): Change {
  return (draft, dice) => {
    const oid = oids[dice(oids.length)] ?? OID.unknown;
    const seed = SEEDS[dice(SEEDS.length)] ?? SEEDS[0];
    return withExtension({ oid, critical: dice(10) === 0, value: dice(2) === 0 ? seed : bent(seed, dice) })(
      draft,
      dice,
    );
  };
}

/** Values that are right for some extension: a sequence of OIDs, of nothing, of names, an integer, constraints. */
const SEEDS = [
  Uint8Array.of(0x30, 0),
  Uint8Array.of(0x02, 1, 0),
  Uint8Array.of(0x30, 8, 0x30, 6, 0x06, 4, 0x55, 0x1d, 0x20, 0),
  Uint8Array.of(0x30, 3, 0x80, 1, 0),
  Uint8Array.of(0x30, 12, 0x30, 10, 0x06, 3, 0x2a, 3, 4, 0x06, 3, 0x2a, 3, 5),
  Uint8Array.of(0x30, 14, 0x30, 12, 0xa0, 10, 0xa0, 8, 0x86, 6, 0x68, 0x3a, 0x2f, 0x2f, 0x61, 0x62),
  Uint8Array.of(0x30, 8, 0x30, 6, 0x06, 1, 0x2a, 0x82, 1, 0x61),
] as const;

/** The same bent name wherever the right one stands. */
function renamed(name: Uint8Array): Apply {
  return (scene, dice) => {
    const other = bent(name, dice);
    const rename = (draft: Draft): Draft => ({
      ...draft,
      subject: equals(draft.subject, name) ? other : draft.subject,
      issuer: equals(draft.issuer, name) ? other : draft.issuer,
    });
    return { ...scene, chain: scene.chain.map(rename), anchors: scene.anchors.map(rename) } satisfies Scene;
  };
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
