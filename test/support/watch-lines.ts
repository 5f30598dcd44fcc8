// SPDX-License-Identifier: Apache-2.0
/**
 * The lines of a watch as the changes they tell of.
 * @module
 */
import type { ObjectMeta } from '../../src/api/object-meta.ts';

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR';
  readonly object: T;
}

/** `now` is undefined after a deletion. */
export interface Change<T> {
  readonly name: string;
  readonly now: T | undefined;
}

/** Each change in turn; an Error when the watch itself fails or ends. */
export async function* watchChanges<T extends { readonly metadata: ObjectMeta }>(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Change<T>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as WatchEvent<T>;
      if (type === 'ERROR') throw new Error(`The watch failed: ${JSON.stringify(object)}`);
      yield { name: object.metadata.name, now: type === 'DELETED' ? undefined : object };
    }
  }
  throw new Error('The watch ended');
}

/** As `watchChanges`, for a watch of one object: each state in turn, undefined for a deletion. */
export async function* watchLines<T extends { readonly metadata: ObjectMeta }>(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<T | undefined> {
  for await (const { now } of watchChanges<T>(body)) yield now;
}
