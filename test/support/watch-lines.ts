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

/** Each change in turn, until the watch ends: API servers end those of readers that are too slow. Throws when it fails. */
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
}

/** As `watchChanges`, for a watch of one object: each state in turn, undefined for a deletion. Throws when it ends. */
export async function* watchLines<T extends { readonly metadata: ObjectMeta }>(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<T | undefined> {
  for await (const { now } of watchChanges<T>(body)) yield now;
  throw new Error('The watch ended');
}
