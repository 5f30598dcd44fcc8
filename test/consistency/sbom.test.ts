// SPDX-License-Identifier: Apache-2.0
/** @module The bill of materials of a release names every package that the image holds, and no other. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../../hack/controlplane/command.ts';
import type { Locked } from '../../hack/figures/dependencies.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Bill {
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

it('has the packages of a production install, and the Node.js of each architecture', async () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Locked };
  const shipped = Object.entries(packages).flatMap(([place, { dev, optional, version }]) => {
    const name = place.replace(/^.*node_modules\//u, '');
    const isHeld = dev !== true && (optional !== true || name.startsWith('node-linux-'));
    return place !== '' && isHeld ? [`${name}@${version}`] : [];
  });
  const bill = JSON.parse(await runCommand('npm', ['run', '--silent', 'sbom'], { cwd: ROOT })) as Bill;
  const named = bill.components.map(({ name, version }) => `${name}@${version}`);
  expect(named.toSorted()).toEqual([...new Set(shipped)].toSorted());
  expect(bill.metadata.component).toMatchObject({ name: 'signet', version: '0.1.0' });
});
