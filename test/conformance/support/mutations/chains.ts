// SPDX-License-Identifier: Apache-2.0
/**
 * Mutations of whole chains: order, surplus, what is missing, and which anchors the verifier holds.
 * @module
 */
import { DAY } from '../../../../src/time.ts';
import { authorityDraft, commonName, ecKey, KEYS, leafDraft, NAMES, SCENES, type Scene } from '../scene.ts';
import { harmless, type Mutation, stricter, wrong } from './mutation.ts';

const FOREIGN_KEY = ecKey();
const FOREIGN_NAME = commonName('root foreign');
const FOREIGN_ROOT = authorityDraft(
  { subject: FOREIGN_NAME, key: FOREIGN_KEY, issuer: FOREIGN_NAME, signer: FOREIGN_KEY },
  365 * DAY,
);
/** Another key under the name of the right root. */
const NAMESAKE = authorityDraft(
  { subject: NAMES.root, key: FOREIGN_KEY, issuer: NAMES.root, signer: FOREIGN_KEY },
  365 * DAY,
);
const SUBORDINATE_KEY = ecKey();
const SUBORDINATE_NAME = commonName('intermediate subordinate');
const SUBORDINATE = authorityDraft(
  { subject: SUBORDINATE_NAME, key: SUBORDINATE_KEY, issuer: NAMES.issuing, signer: KEYS.issuing },
  80 * DAY,
);
const LEAF_OF_SUBORDINATE = leafDraft({
  subject: NAMES.leaf,
  key: KEYS.leaf,
  issuer: SUBORDINATE_NAME,
  signer: SUBORDINATE_KEY,
});
const LEAF_OF_LEAF = leafDraft({
  subject: NAMES.leaf,
  key: KEYS.spare,
  issuer: commonName('leaf'),
  signer: KEYS.leaf,
});

const ORDER = 'Workload API 5.1: leaf first, then each issuer in turn';
const SURPLUS = 'a chain holds what its path needs and nothing else';

function chain(change: (chain: Scene['chain'], scene: Scene) => Scene['chain']): Mutation['apply'] {
  return (scene) => ({ ...scene, chain: change(scene.chain, scene) });
}

function anchors(change: (anchors: Scene['anchors'], scene: Scene) => Scene['anchors']): Mutation['apply'] {
  return (scene) => ({ ...scene, anchors: change(scene.anchors, scene) });
}

export const CHAIN_MUTATIONS: readonly Mutation[] = [
  wrong(
    'chain in reverse',
    chain((all) => all.toReversed()),
  ),
  stricter('intermediates in another order', ORDER, (scene) => ({
    ...SCENES['two intermediates'],
    chain: [0, 2, 1].flatMap((at) => SCENES['two intermediates'].chain[at] ?? []),
    now: scene.now,
  })),
  wrong(
    'no intermediates',
    chain((all) => all.slice(0, 1)),
  ),
  wrong(
    'the chain is only the issuing authority',
    chain((all) => all.slice(1)),
  ),
  wrong(
    'leaf issued by a leaf',
    chain((all) => [LEAF_OF_LEAF, ...all]),
  ),
  wrong(
    'an authority below path length 0',
    chain((all) => [LEAF_OF_SUBORDINATE, SUBORDINATE, ...all.slice(1)]),
  ),
  stricter(
    'leaf twice',
    SURPLUS,
    chain((all) => [...all.slice(0, 1), ...all]),
  ),
  stricter(
    'issuing authority twice',
    SURPLUS,
    chain((all) => [...all.slice(0, 2), ...all.slice(1)]),
  ),
  stricter(
    'root in the chain',
    'design rule 5: roots do not travel',
    chain((all, scene) => [...all, ...scene.anchors]),
  ),
  stricter(
    'foreign root in the chain',
    SURPLUS,
    chain((all) => [...all, FOREIGN_ROOT]),
  ),
  wrong(
    'no anchors',
    anchors(() => []),
  ),
  wrong(
    'a foreign anchor only',
    anchors(() => [FOREIGN_ROOT]),
  ),
  wrong(
    'a namesake of the anchor only',
    anchors(() => [NAMESAKE]),
  ),
  wrong(
    'the intermediate as anchor',
    anchors((_, scene) => scene.chain.slice(1, 2)),
  ),
  harmless(
    'a foreign anchor besides',
    anchors((all) => [FOREIGN_ROOT, ...all]),
  ),
  harmless(
    'a namesake of the anchor besides',
    anchors((all) => [NAMESAKE, ...all]),
  ),
  harmless(
    'anchors twice and in reverse',
    anchors((all) => [...all, ...all.toReversed()]),
  ),
  stricter('verifier of another trust domain', 'X509-SVID 5: the bundle is of one trust domain', (scene) => ({
    ...scene,
    trustDomain: 'example.com',
  })),
];
