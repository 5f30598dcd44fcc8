// SPDX-License-Identifier: Apache-2.0
/** @module The key of the root is gone when the intermediate has to be replaced. A backup was made. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { kubectl } from '../support/control-plane.ts';
import { runFix, startDrill, withStandby } from './drill.ts';

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
  const backup = path.join(world.installation.directory, 'backup.yaml');
  await writeFile(backup, await kubectl(['get', ...where, '-o', 'yaml']));
  await kubectl(['delete', ...where]);
  await drill.untilFiring('SignetRootKeyLost');
  expect(await drill.untilFiring('SignetRootKeyLost', 'SignetAuthorityOverdue')).toBeLessThan(90);
  await runFix('SignetRootKeyLost', { '<backup.yaml>': backup });
  expect(await drill.untilQuiet()).toBeLessThan(60);
});
