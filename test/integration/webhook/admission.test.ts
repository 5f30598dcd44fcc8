// SPDX-License-Identifier: Apache-2.0
/**
 * What the real API server answers to users while the webhook runs: refusals that read as advice, warnings, and what
 * passes in any case.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { tryKubectl } from '../../support/control-plane.ts';
import { NAME } from '../stories/world.ts';
import { webhookWorld } from './webhook-world.ts';

const place = webhookWorld();

describe('a ServiceIdentity', () => {
  it('in order is created', async () => {
    const namespace = await place.world.namespace();
    await place.world.identity(namespace);
    await place.world.ready(namespace);
  });
});

it('is refused', async () => {
  const namespace = await place.world.namespace();
  const said = await tryKubectl(
    ['apply', '-f', '-'],
    JSON.stringify({
      apiVersion: 'signet.dev/v1alpha1',
      kind: 'ServiceIdentity',
      metadata: { name: NAME, namespace },
      spec: { serviceAccountName: NAME, dnsNames: ['www.google.com'], secret: { labels: { 'foreign.dev/x': 'y' } } },
    }),
  );
  expect(said).toEqual({});
});
