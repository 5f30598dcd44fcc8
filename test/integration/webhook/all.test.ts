// SPDX-License-Identifier: Apache-2.0
/**
 * `signet all`: controller and webhook in one process, with the rights of both, as somebody who develops would run it.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kubectl } from '../../support/control-plane.ts';
import { installWebhook, type WebhookInstallation } from '../../support/webhook.ts';
import { NAME, present, storyWorld } from '../stories/world.ts';

const world = storyWorld({ running: false });
let installation: WebhookInstallation | undefined;
const BINDING = 'signet-all-in-one';

beforeAll(async () => {
  installation = await installWebhook(world.installation);
  const { namespace } = world.installation;
  const subject = `--serviceaccount=${namespace}:signet-controller`;
  await kubectl(['create', 'clusterrolebinding', BINDING, '--clusterrole=signet-webhook', subject]);
  await installation.applyConfigurations();
});

afterAll(async () => {
  await kubectl(['delete', 'clusterrolebinding', BINDING, '--ignore-not-found']);
  await installation?.remove();
});

it('issues, judges, proves that it judges, and stops in good order', async () => {
  const { controllerFlags, port } = present(installation, 'webhook');
  const address = [`--webhook-address=127.0.0.1:${port}`, '--webhook-shutdown-delay=1s'];
  const both = await world.startAs({ role: 'all', flags: [...world.flags, ...controllerFlags, ...address] });
  await both.untilLogged('Admission works');
  await world.untilTrustDomain('default', ({ status }) => status !== undefined);
  const { namespace } = await world.issued();
  await expect(world.identity(namespace, { dnsNames: ['www.google.com'] }, 'another')).rejects.toThrow(
    `denied the request: ServiceIdentity ${namespace}/another cannot be accepted: spec.dnsNames[0] "www.google.com"`,
  );
  expect(await both.stop()).toMatchObject({ code: 0 });
  expect((await world.secret(namespace)).metadata.name).toBe(`${NAME}-svid`);
});
