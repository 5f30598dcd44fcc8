// SPDX-License-Identifier: Apache-2.0
/** @module The key of the root is gone when the intermediate has to be replaced. The backup is a copy of the Secret. */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { kubectl } from '../support/control-plane.ts';
import { startDrill, withStandby } from './drill.ts';

/** Lifetimes of weeks in seconds: the intermediate may sign for 70 s, is due at 47 s and overdue at 58 s. */
const world = storyWorld({
  flags: [
    '--default-trust-domain-default-ttl=20s',
    '--default-trust-domain-max-ttl=20s',
    '--default-trust-domain-intermediate-ttl=90s',
    '--default-trust-domain-root-ttl=30m',
  ],
});
const SCALE = 300;

it('pages for the lost key first and for the intermediate that is not replaced then, and a backup ends both', async () => {
  const drill = await startDrill(await withStandby(world), SCALE);
  const where = ['secret', '-n', world.installation.namespace, 'default-root-authority'];
  const { metadata, ...content } = JSON.parse(await kubectl(['get', ...where, '-o', 'json'])) as Backup;
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  await kubectl(['delete', ...where]);
  await drill.untilFiring('SignetRootKeyLost');
  expect(await drill.untilFiring('SignetRootKeyLost', 'SignetAuthorityOverdue')).toBeLessThan(90);
  const restored = { ...content, metadata: { name, namespace, labels, annotations } };
  await kubectl(['create', '-f', '-'], JSON.stringify(restored));
  await drill.untilQuiet();
});

interface Backup {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [more: string]: unknown;
}
