// SPDX-License-Identifier: Apache-2.0
/**
 * Built-in objects in the bytes that an API server stores, as far as tests of what reads them need.
 * @module
 */

type Field = readonly [number: number, value: string | Buffer];

/** A protocol buffer message of length-delimited fields. */
function message(...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      const bytes = Buffer.from(value);
      return [varint(8 * number + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const octets: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    octets.push((rest % 128) + (rest >= 128 ? 128 : 0));
    if (rest < 128) return Buffer.from(octets);
  }
}

export interface SecretBytes {
  readonly data: Readonly<Record<string, Buffer>>;
  /** Field managers, and the JSON of the fields they own. */
  readonly managers?: readonly (readonly [name: string, fields: unknown])[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export function secretBytes({ data, managers = [], annotations = {} }: SecretBytes): Buffer {
  const entry = ([key, value]: readonly [string, string | Buffer]): Buffer => message([1, key], [2, value]);
  const metadata = message(
    [5, 'uid'],
    ...Object.entries(annotations).map((annotation): Field => [12, entry(annotation)]),
    ...managers.map(([name, fields]): Field => {
      return [17, message([1, name], [2, 'Update'], [7, message([1, JSON.stringify(fields)])])];
    }),
  );
  const files = Object.entries(data).map((file): Field => [2, entry(file)]);
  const secret = message([1, metadata], ...files);
  return Buffer.concat([Buffer.from('k8s\0'), message([1, message([1, 'v1'], [2, 'Secret'])], [2, secret])]);
}
