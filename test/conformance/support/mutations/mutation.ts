// SPDX-License-Identifier: Apache-2.0
/**
 * What a mutation of a scene is, and the small moves all of them are made of.
 * @module
 */
import type { Extension } from '../extensions.ts';
import type { Draft, Scene } from '../scene.ts';

/** Answers a number from 0 to n - 1; it comes out of the seed of a run, so a finding can be shown again. */
export type Dice = (n: number) => number;

export interface Mutation {
  readonly name: string;
  /**
   * `wrong`: Go or OpenSSL refuses the plain chain with it, and so must Signet. `stricter`: both accept, only Signet
   * refuses, for the reason in `why`. `harmless`: everybody accepts.
   */
  readonly kind: 'wrong' | 'stricter' | 'harmless';
  readonly why?: string;
  readonly apply: (scene: Scene, dice: Dice) => Scene;
}

export function wrong(name: string, apply: Mutation['apply']): Mutation {
  return { name, kind: 'wrong', apply };
}

export function stricter(name: string, why: string, apply: Mutation['apply']): Mutation {
  return { name, kind: 'stricter', why, apply };
}

export function harmless(name: string, apply: Mutation['apply']): Mutation {
  return { name, kind: 'harmless', apply };
}

export type Change = (draft: Draft, dice: Dice) => Partial<Draft>;

function changed(draft: Draft, change: Change, dice: Dice): Draft {
  return { ...draft, ...change(draft, dice) };
}

export function onLeaf(change: Change): Mutation['apply'] {
  return (scene, dice) => inChain(scene, 0, change, dice);
}

/** The authority that issued the leaf, where it travels in the chain. */
export function onIssuing(change: Change): Mutation['apply'] {
  return (scene, dice) => inChain(scene, 1, change, dice);
}

export function onAnchors(change: Change): Mutation['apply'] {
  return (scene, dice) => ({ ...scene, anchors: scene.anchors.map((anchor) => changed(anchor, change, dice)) });
}

/** Any certificate there is: of the chain, or all anchors. */
export function onAny(change: Change): Mutation['apply'] {
  return (scene, dice) => {
    const at = dice(scene.chain.length + 1);
    return at === scene.chain.length ? onAnchors(change)(scene, dice) : inChain(scene, at, change, dice);
  };
}

/** The leaf or the authority that issued it: the two that every path needs. */
export function onLeafOrIssuing(change: Change): Mutation['apply'] {
  return (scene, dice) => inChain(scene, dice(Math.min(2, scene.chain.length)), change, dice);
}

function inChain(scene: Scene, at: number, change: Change, dice: Dice): Scene {
  return { ...scene, chain: scene.chain.map((draft, i) => (i === at ? changed(draft, change, dice) : draft)) };
}

/** The extensions with one put in the place of its kind, or at the end. */
export function withExtension(extension: Extension): Change {
  return ({ extensions }) => {
    const others = extensions.filter(({ oid }) => oid !== extension.oid);
    return { extensions: [...others, extension] };
  };
}

export function withoutExtension(oid: string): Change {
  return ({ extensions }) => ({ extensions: extensions.filter((extension) => extension.oid !== oid) });
}

export function withCriticality(oid: string, critical: boolean): Change {
  return ({ extensions }) => ({
    extensions: extensions.map((extension) => (extension.oid === oid ? { ...extension, critical } : extension)),
  });
}

/** Flips one bit somewhere. */
export function flipped(bytes: Uint8Array, dice: Dice): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = dice(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << dice(8));
  return copy;
}
