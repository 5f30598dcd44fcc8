// SPDX-License-Identifier: Apache-2.0
/**
 * The API server is killed and comes back: admission works as before, without anybody doing anything. The test has a
 * control plane of its own to break.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it, vi } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../hack/controlplane/control-plane.ts';
import { silentProgress } from '../../../hack/progress.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { NAME } from '../stories/world.ts';
import { webhookWorld } from './webhook-world.ts';

let plane: ControlPlane | undefined;

beforeAll(async () => {
  const crds = fileURLToPath(new URL('../../../crds', import.meta.url));
  plane = await startControlPlane({ local: true, manifests: [crds], progress: silentProgress() });
  useControlPlane(plane);
  return () => plane?.stop();
});

const place = webhookWorld();
const { world } = place;

it('refuses and admits again after the API server was killed and started', async () => {
  const { namespace, identity } = await world.issued({ ttl: '20s' });
  const spec = { serviceAccountName: NAME };
  const draft = { kind: 'ServiceIdentity', metadata: { name: 'another', namespace }, spec } as const;
  const wrong = { ...draft, spec: { ...spec, dnsNames: ['www.google.com'] } };
  await plane?.killAPIServer();
  await plane?.startAPIServer();
  await vi.waitFor(() => world.cluster.tryCreate(draft), { timeout: 60_000, interval: 200 });
  await expect(world.cluster.tryCreate(wrong)).rejects.toThrow(/cannot be accepted/);
  await place.webhook.untilReady();
  await world.reissued(identity);
});
