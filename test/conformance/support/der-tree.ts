// SPDX-License-Identifier: Apache-2.0
/**
 * DER as a tree that can be bent anywhere and written again with lengths that fit. A flipped bit in raw bytes nearly
 * always breaks a length and gets no further than the reader; a bent tree reaches the rules behind it.
 * @module
 */
import { element } from '../../../src/pki/der.ts';
import { type Dice, flipped } from './mutations/mutation.ts';

interface Node {
  readonly tag: number;
  readonly content: Uint8Array | readonly Node[];
}

/** Bends one to three places of a piece of DER. */
export function bent(der: Uint8Array, dice: Dice): Uint8Array {
  let tree = parse(der);
  for (let left = 1 + dice(3); left > 0; left--) tree = bendOne(tree, dice);
  return write(tree);
}

function parse(der: Uint8Array): Node {
  const [node] = parseAll(der) ?? [];
  if (node === undefined) throw new Error('The certificate to bend is not DER.');
  return node;
}

/** Undefined unless the bytes are exactly a row of elements with short tags. */
function parseAll(bytes: Uint8Array): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = headerAt(bytes, at);
    if (header === undefined || at + header.size + header.length > bytes.length) return undefined;
    const tag = bytes[at] ?? 0;
    const content = bytes.subarray(at + header.size, at + header.size + header.length);
    nodes.push({ tag, content: childrenOf(tag, content) ?? content });
    at += header.size + header.length;
  }
  return nodes;
}

function headerAt(bytes: Uint8Array, at: number): { size: number; length: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined || ((bytes[at] ?? 0) & 0x1f) === 0x1f) return undefined;
  if (first < 0x80) return { size: 2, length: first };
  if (first === 0x81) return { size: 3, length: bytes[at + 2] ?? 0 };
  return first === 0x82 ? { size: 4, length: ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0) } : undefined;
}

/** An OCTET STRING is entered when it holds DER, as those of extensions do. */
function childrenOf(tag: number, content: Uint8Array): Node[] | undefined {
  const constructed = (tag & 0x20) !== 0;
  const wrapped = tag === 0x04 && content.length > 1;
  return constructed || wrapped ? parseAll(content) : undefined;
}

function write({ tag, content }: Node): Uint8Array {
  return isLeaf(content) ? element(tag, content) : element(tag, ...content.map(write));
}

function isLeaf(content: Node['content']): content is Uint8Array {
  return content instanceof Uint8Array;
}

function count({ content }: Node): number {
  return isLeaf(content) ? 1 : content.reduce((sum, child) => sum + count(child), 1);
}

function bendOne(tree: Node, dice: Dice): Node {
  return at(tree, dice(count(tree)), (node) => {
    const { tag, content } = node;
    if (dice(5) === 0) return { tag: TAGS[dice(TAGS.length)] ?? tag, content };
    return { tag, content: isLeaf(content) ? bendBytes(content, dice) : bendRow(content, dice) };
  });
}

/** Replaces the node with this number, counted from the root downwards. */
function at(node: Node, number: number, change: (node: Node) => Node): Node {
  if (number === 0 || isLeaf(node.content)) return change(node);
  let first = 1;
  const content = node.content.map((child) => {
    const own = number - first;
    first += count(child);
    return own >= 0 && number < first ? at(child, own, change) : child;
  });
  return { tag: node.tag, content };
}

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87,
  0xa0, 0xa3, 0xa4,
] as const;

function bendBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  switch (dice(6)) {
    case 0:
      return new Uint8Array();
    case 1:
      return bytes.subarray(0, dice(bytes.length + 1));
    case 2:
      return Uint8Array.from([...bytes, dice(256)]);
    case 3:
      return Uint8Array.from([dice(2) * 0xff, ...bytes]);
    case 4:
      return bytes.map((octet, i) => (i === dice(bytes.length) ? dice(256) : octet));
    default:
      return bytes.length === 0 ? bytes : flipped(bytes, dice);
  }
}

function bendRow(row: readonly Node[], dice: Dice): readonly Node[] {
  const chosen = dice(Math.max(1, row.length));
  const node = row[chosen];
  if (node === undefined) return [{ tag: TAGS[dice(TAGS.length)] ?? 0, content: new Uint8Array() }];
  switch (dice(5)) {
    case 0:
      return row.toSpliced(chosen, 1);
    case 1:
      return row.toSpliced(chosen, 0, node);
    case 2:
      return row.toReversed();
    case 3:
      return row.toSpliced(chosen, 0, { tag: TAGS[dice(TAGS.length)] ?? 0, content: Uint8Array.of(dice(256)) });
    default:
      return [...row.toSpliced(chosen, 1), node];
  }
}
