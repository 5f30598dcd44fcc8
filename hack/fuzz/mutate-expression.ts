// SPDX-License-Identifier: Apache-2.0
/**
 * Changes expressions by their operands: one becomes another of its type, a larger one, or part of a loop, so that much
 * of what comes of it passes the static pass and is evaluated.
 * @module
 */
import type { Material } from './mutate.ts';

type Kind = 'flag' | 'text' | 'number' | 'list';
const KINDS: readonly Kind[] = ['flag', 'text', 'number', 'list'];

const LEAVES: Readonly<Record<Kind, readonly string[]>> = {
  flag: ['true', 'identity.spec.suspend', 'request.dryRun', 'has(identity.spec.ttl)', "'a' in identity.dnsNames"],
  text: ["'a'", "'%s-%s'", 'identity.spec.ttl', 'identity.spiffeID', "identity.spec.secret.annotations['long']"],
  number: ['0', '-7', '9223372036854775807', 'identity.ttlSeconds', 'identity.dnsNames.size()'],
  list: ["['a', 'b']", 'identity.dnsNames', 'identity.spec.mtls.allowedClients', 'request.userInfo.groups', '[]'],
};
const PATTERNS = [
  '^[a-z]+$',
  '(a|b)*c{2,9}',
  '(x{30}){30}',
  '[^a-z]{64}$',
  '.*.*.*=',
  '(?i)service',
  '(a?){40}',
] as const;

type Make = (of: (kind: Kind) => string, pick: <T>(from: readonly T[]) => T) => string;

/** Larger expressions of each type. */
const MAKERS: Readonly<Record<Kind, readonly Make[]>> = {
  flag: [
    (of, pick) => `(${of('flag')} ${pick(['&&', '||', '=='])} ${of('flag')})`,
    (of, pick) => `(${of('number')} ${pick(['<', '>=', '==', '!='])} ${of('number')})`,
    (of, pick) => `${of('text')}.${pick(['contains', 'startsWith', 'endsWith'])}(${of('text')})`,
    (of, pick) => `${of('text')}.matches('${pick(PATTERNS)}')`,
    (of, pick) => `${of('list')}.${pick(['all', 'exists', 'exists_one'])}(${pick(['x', 'y'])}, ${of('flag')})`,
    (of) => `${of('list')}.all(x, ${of('text')}.contains(x) || ${of('flag')})`,
    (of) => `(${of('list')} == ${of('list')})`,
    (of) => `(${of('text')} in ${of('list')})`,
    (of) => `!${of('flag')}`,
    (of) => `(${of('flag')} ? ${of('flag')} : ${of('flag')})`,
  ],
  text: [
    (of) => `(${of('text')} + ${of('text')})`,
    (of) => `${of('text')}.lowerAscii()`,
    (of) => `${of('list')}.join(${of('text')})`,
    (of) => `string(${of('number')})`,
    (of) => `'%s %d'.format([${of('text')}, ${of('number')}])`,
  ],
  number: [
    (of, pick) => `(${of('number')} ${pick(['+', '-', '*', '/', '%'])} ${of('number')})`,
    (of) => `${of('text')}.size()`,
    (of) => `size(${of('list')})`,
    (of) => `int(${of('text')})`,
  ],
  list: [
    (of) => `(${of('list')} + ${of('list')})`,
    (of) => `${of('list')}.map(x, ${of('text')})`,
    (of) => `${of('list')}.map(y, y + y)`,
    (of) => `${of('list')}.filter(x, ${of('flag')})`,
    (of) => `${of('text')}.split(${of('text')})`,
    (of) => `[${of('text')}, ${of('text')}]`,
  ],
};

/** Names with their fields and arguments, literals, and what stands in brackets that hold no others. */
const OPERAND = /[A-Za-z_]\w*(?:\.\w+)*(?:\([^()]*\))?|r?'(?:[^'\\\n]|\\.)*'|\d+(?:\.\d+)?|\[[^[\]]*\]/gu;
const MAX_DEPTH = 4;

/** One operand changed, or the whole made part of a larger one. */
export function mutateExpression(input: Buffer, { random, other }: Material): Buffer {
  const made = (kind: Kind, depth: number): string => {
    if (depth >= MAX_DEPTH || random.below(3) === 0) return random.pick(LEAVES[kind]);
    return random.pick(MAKERS[kind])(
      (of) => made(of, depth + 1),
      (from) => random.pick(from),
    );
  };
  const text = input.toString('utf8').trim();
  const places = [...text.matchAll(OPERAND)];
  const way = random.below(8);
  if (way === 0 || places.length === 0) return Buffer.from(made('flag', 0));
  if (way === 1)
    return Buffer.from(`(${text}) ${random.pick(['&&', '||', '=='])} (${other().toString('utf8').trim()})`);
  if (way === 2) return Buffer.from(`${made('list', 2)}.${random.pick(['all', 'exists'])}(x, ${text})`);
  const { index, 0: found } = random.pick(places);
  const kind = random.below(4) === 0 ? random.pick(KINDS) : (kindOf(found) ?? random.pick(KINDS));
  return Buffer.from(text.slice(0, index) + made(kind, 1) + text.slice(index + found.length));
}

/** Where it shows. */
function kindOf(operand: string): Kind | undefined {
  const known = KINDS.find((kind) => LEAVES[kind].includes(operand));
  if (known !== undefined) return known;
  if (operand.endsWith("'")) return 'text';
  if (/^\d/u.test(operand) || operand.endsWith('size()')) return 'number';
  if (operand.startsWith('[') || /\.split\(/u.test(operand)) return 'list';
  return /\.(matches|contains|startsWith|endsWith)\(/u.test(operand) ? 'flag' : undefined;
}
