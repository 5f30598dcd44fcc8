// SPDX-License-Identifier: Apache-2.0
/**
 * Changes DER as a tree: elements are put elsewhere, repeated, left out or given other contents, and all lengths around
 * them are right again, so that readers get further than to the first of them.
 * @module
 */
import { element } from '../../src/pki/der.ts';
import type { Material } from './mutate.ts';

interface Node {
  tag: number;
  /** Elements, or octets that are none. */
  content: Node[] | Buffer;
  /** What stands before the elements inside a BIT STRING. */
  prefix: Buffer;
}

const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const MAX_DEPTH = 16;
const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0x80, 0x82, 0x86, 0xa0, 0xa3,
];
/** Contents at the edges of what integers, booleans, times and identifiers can be. */
const CONTENTS = ['', '00', 'ff', '0080', '7fffffff', '010001', '2a', '550403', '80', '000000', 'c0', '0780']
  .map((hex) => Buffer.from(hex, 'hex'))
  .concat([Buffer.from('491231235959Z'), Buffer.from('20500101000000Z'), Buffer.from('spiffe://example.org/a')]);

/** One change in the tree; the input with an octet more where it is no DER. */
export function mutateDER(input: Buffer, material: Material): Buffer {
  const tree = elementsOf(input, 0);
  if (tree === undefined || tree.length === 0) return Buffer.concat([input, Buffer.of(material.random.below(256))]);
  const lists = listsOf(tree);
  const list = material.random.pick(lists);
  const at = material.random.below(list.length);
  const node = list[at];
  if (node !== undefined) changeNode(list, at, node, { lists, material });
  return Buffer.concat(tree.map(encoded));
}

interface Around {
  readonly lists: readonly Node[][];
  readonly material: Material;
}

function changeNode(list: Node[], at: number, node: Node, { lists, material }: Around): void {
  const { random, other } = material;
  switch (random.below(7)) {
    case 0:
      list.splice(at, 1);
      return;
    case 1:
      list.splice(at, 0, copyOf(node));
      return;
    case 2:
      node.tag = random.pick(TAGS);
      return;
    case 3:
      list.splice(at, random.below(2), copyOf(random.pick(random.pick(lists))));
      return;
    case 4: {
      const theirs = listsOf(elementsOf(other(), 0) ?? []);
      if (theirs.length > 0) list.splice(at, random.below(2), copyOf(random.pick(random.pick(theirs))));
      return;
    }
    case 5:
      node.content = Buffer.from(random.pick(CONTENTS));
      return;
    default:
      node.content = bent(
        Array.isArray(node.content) ? Buffer.concat(node.content.map(encoded)) : node.content,
        material,
      );
  }
}

/** An octet changed, put in or taken out. */
function bent(octets: Buffer, { random }: Material): Buffer {
  const at = random.below(octets.length + 1);
  const removed = random.below(2);
  const added = removed === 1 && random.below(3) === 0 ? [] : [random.below(256)];
  return Buffer.concat([octets.subarray(0, at), Buffer.from(added), octets.subarray(at + removed)]);
}

/** Every list of siblings that is not empty. */
function listsOf(tree: Node[]): Node[][] {
  const inner = tree.flatMap(({ content }) => (Array.isArray(content) ? listsOf(content) : []));
  return tree.length === 0 ? inner : [tree, ...inner];
}

function copyOf(node: Node): Node {
  const content = Array.isArray(node.content) ? node.content.map(copyOf) : Buffer.from(node.content);
  return { tag: node.tag, content, prefix: node.prefix };
}

function encoded({ tag, content, prefix }: Node): Uint8Array {
  return element(tag, prefix, ...(Array.isArray(content) ? content.map(encoded) : [content]));
}

/** All elements, or undefined where octets are left that are none. */
function elementsOf(bytes: Buffer, depth: number): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = headerAt(bytes, at);
    if (header === undefined) return undefined;
    const end = header.start + header.length;
    nodes.push(nodeOf(bytes[at] ?? 0, bytes.subarray(header.start, end), depth));
    at = end;
  }
  return nodes;
}

function headerAt(bytes: Buffer, at: number): { readonly start: number; readonly length: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (count > 3 || at + 2 + count > bytes.length) return undefined;
  const length = count === 0 ? first : bytes.readUIntBE(at + 2, count);
  const start = at + 2 + count;
  return first === 0x80 || length > bytes.length - start ? undefined : { start, length };
}

function nodeOf(tag: number, content: Buffer, depth: number): Node {
  const leaf: Node = { tag, content, prefix: Buffer.alloc(0) };
  const wraps = (tag & 0x20) !== 0 || tag === OCTET_STRING || tag === BIT_STRING;
  if (!wraps || depth >= MAX_DEPTH || content.length === 0) return leaf;
  const skipped = tag === BIT_STRING ? 1 : 0;
  const inner = elementsOf(content.subarray(skipped), depth + 1);
  if (inner === undefined || inner.length === 0) return leaf;
  return { tag, content: inner, prefix: content.subarray(0, skipped) };
}
