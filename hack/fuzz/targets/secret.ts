// SPDX-License-Identifier: Apache-2.0
/**
 * Secrets as JSON, and authority documents, which are stored in them: refused with ERR_KUBE_PROTOCOL alone, or read as
 * JSON.parse reads them; a document that was read is written in one way.
 * @module
 */
import { formatDocument, parseDocument } from '../../../src/authority/document-format.ts';
import { parseKeySecret, parseSecret } from '../../../src/kube/secret-data.ts';
import { mutateJSON } from '../mutate-json.ts';
import { outcome, plainWords, promise, promiseSame, refusing, type Target } from '../target.ts';

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export const target: Target = {
  mutators: [mutateJSON],
  tokens: [
    '"data":{',
    '"metadata":',
    '"kind":"Secret"',
    'null',
    '""',
    '"tls.key"',
    '"type"',
    '"immutable":true',
    '\\u0064ata',
    '=',
  ].concat([
    APPLIED,
    '\\"',
    '\\\\',
    '{',
    '}',
    ',',
    ':',
    '\ud83e',
    '\\ud83e',
    '1e999',
    '-0',
    '[]',
    'format',
    'slots',
    'Active',
    'Root',
    'rotation',
  ]),
  feed: (input) => [feedSecret(input), feedDocument(input.toString('utf8'))].join('; '),
};

interface Parsed {
  readonly kind: string;
  readonly metadata: { readonly annotations?: Readonly<Record<string, unknown>> | null };
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string | null>> | null;
}

function feedSecret(input: Buffer): string {
  const bare = refusing(['ERR_KUBE_PROTOCOL'], () => parseKeySecret(Buffer.from(input)));
  const read = refusing(['ERR_KUBE_PROTOCOL'], () => parseSecret(Buffer.from(input)));
  if ('refused' in read) {
    // What is passed over is not read, so it may be worse than what is.
    return outcome('value' in bare ? 'passed over' : '', read.refused);
  }
  if ('refused' in bare) return bare.refused;
  const text = input.toString('utf8');
  // Once V8 has seen a member called so, it takes others with escapes for it (nodejs/node#63785).
  if (/\\\\"\s*:/u.test(text)) return 'a backslash at the end of a name';
  const parsed = JSON.parse(text) as Parsed;
  const { metadata, type, immutable, data } = read.value;
  promiseSame([parsed.kind, type, immutable], ['Secret', parsed.type, parsed.immutable], 'the fields of a Secret');
  promiseSame(metadata, parsed.metadata, 'the metadata of a Secret');
  const files = Object.entries(parsed.data ?? {}).map(([name, file]) =>
    fileText(name, Buffer.from(file ?? '', 'base64')),
  );
  // JSON.parse puts names that are numbers first.
  const ours = Array.from(data, ([name, file]) => fileText(name, file));
  promiseSame(ours.toSorted(), files.toSorted(), 'the files of a Secret');
  const copied = Object.hasOwn(parsed.metadata.annotations ?? {}, APPLIED);
  // Of annotations that stand there twice JSON.parse takes the last; a copy in the first is one all the same.
  promise(bare.value.applied || !copied, 'a copy of the data is seen');
  promise(copied || !bare.value.applied || /last-applied-configuration|\\u/u.test(text), 'no other is taken for one');
  promise(!Object.hasOwn(bare.value.metadata.annotations ?? {}, APPLIED), 'a copy of the data is left out');
  return outcome('read', data.size, type === undefined, immutable, copied);
}

function fileText(name: string, file: Buffer): string {
  return `${JSON.stringify(name)}: ${file.toString('hex')}`;
}

function feedDocument(text: string): string {
  const read = parseDocument(text);
  if ('problem' in read) return plainWords(read.problem);
  const written = formatDocument(read.value);
  const again = parseDocument(written);
  if ('problem' in again) throw new Error(`broken promise: a document that was written can be read: ${again.problem}`);
  promiseSame(formatDocument(again.value), written, 'a document is written in one way');
  return outcome('document', read.value.slots.length, read.value.rotation?.action, read.value.aside === undefined);
}
