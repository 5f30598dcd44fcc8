// SPDX-License-Identifier: Apache-2.0
/** @module An admission webhook of somebody else hangs, and the API server waits for it at every write. */
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { apply } from '../support/control-plane.ts';
import { runFix, startDrill, withStandby } from './drill.ts';

const NAME = 'drill-hangs';
/** Enough that somebody is renewed all the time. */
const COUNT = 10;
/** Long enough that two slow writes make no SVID old: the patience of that rule is a second here. */
const TTL = '40s';
const world = storyWorld();
/** Takes connections and says nothing. */
const silent = createServer();

afterAll(async () => {
  await world.cluster.delete({ kind: 'ValidatingWebhookConfiguration', name: NAME });
  silent.close();
});

it('pages nobody and tells of the API server alone, and renewals go on', async () => {
  const drill = await startDrill(await withStandby(world));
  const issued = await Promise.all(Array.from({ length: COUNT }, () => world.issued({ ttl: TTL })));
  await drill.staysQuiet(15);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  await apply(hangingWebhook(port));
  expect(await drill.untilFiring('SignetAPIServerSlow')).toBeLessThan(90);
  await Promise.all(issued.map(({ identity }) => world.reissued(identity)));
  await runFix('SignetAPIServerSlow', { 'signet-system': world.installation.namespace, '<name>': NAME });
  expect(await drill.untilQuiet()).toBeLessThan(60);
});

/** It asks about everything, as policy engines do, and is waited for before it is ignored. */
function hangingWebhook(port: number): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: NAME },
    webhooks: [
      {
        name: 'hangs.example.org',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        // A call to the Lease has two seconds.
        timeoutSeconds: 1,
        clientConfig: { url: `https://127.0.0.1:${port}/` },
        rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['*/*'] }],
      },
    ],
  };
}
