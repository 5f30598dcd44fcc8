// SPDX-License-Identifier: Apache-2.0
/**
 * The lines of a watch as the objects they carry.
 * @module
 */
import type { ObjectMeta } from '../../src/api/object-meta.ts';

export interface AnyObject {
  readonly metadata: ObjectMeta;
  readonly [more: string]: unknown;
}

/** The field selector of one object. */
export function ofMetadata(name: string): string {
  return `metadata.name=${name}`;
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** Each state in turn, undefined for a deletion; an Error when the watch itself fails or ends. */
export async function* watchLines<T>(body: AsyncIterable<Uint8Array>): AsyncGenerator<T | undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as WatchEvent<T>;
      if (type === 'ERROR') throw new Error(`The watch failed: ${JSON.stringify(object)}`);
      yield type === 'DELETED' ? undefined : object;
    }
  }
  throw new Error('The watch ended');
}
