// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { SERVICE_IDENTITIES } from '../../../src/kube/resources.ts';
import { watch, watchRequest } from '../../../src/kube/watch-session.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it.each([
  ['a number', 7],
  ['an object', {}],
  ['nothing', ''],
])('takes no bookmark whose resourceVersion is %s', async (_what, resourceVersion) => {
  const bookmarks: unknown[] = [];
  const line = `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion } } })}\n`;
  const end = await watch({
    clock: new ManualClock(),
    watchdog: 60_000,
    signal: new AbortController().signal,
    request: watchRequest({ resource: SERVICE_IDENTITIES }, '1', 0),
    transport: { stream: async (_request, sink) => sink.chunk(Buffer.from(line)) },
    handlers: {
      opened: () => undefined,
      heard: () => undefined,
      changed: () => undefined,
      deleted: () => undefined,
      bookmark: (version) => bookmarks.push(version),
    },
  });
  expect(bookmarks).toEqual([]);
  expect(end).toMatchObject({ how: 'broken', error: { code: 'ERR_KUBE_PROTOCOL' } });
});
