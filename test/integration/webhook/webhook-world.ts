// SPDX-License-Identifier: Apache-2.0
/**
 * A story world with a webhook: the controller keeps its certificate, and the real API server asks it.
 * @module
 */
import { afterAll, beforeAll } from 'vitest';
import type { SignetProcess } from '../../support/signet-process.ts';
import { installWebhook, type WebhookInstallation } from '../../support/webhook.ts';
import { present, storyWorld, type World } from '../stories/world.ts';

export interface WebhookWorld {
  readonly world: World;
  readonly installation: WebhookInstallation;
  /** The webhook started last. */
  readonly webhook: SignetProcess;
  start(): Promise<SignetProcess>;
}

export interface WebhookWorldOptions {
  /** Of the serving certificate. */
  readonly ttl?: string;
  /** Of the controller, beside those of the story world and of the webhook. */
  readonly flags?: readonly string[];
}

/** Everything runs, and the API server is refused what it must be, before the first test begins. */
export function webhookWorld({ ttl = '1m', flags = [] }: WebhookWorldOptions = {}): WebhookWorld {
  const world = storyWorld({ running: false });
  let installation: WebhookInstallation | undefined;
  let webhook: SignetProcess | undefined;
  const start = async (): Promise<SignetProcess> => {
    webhook = await present(installation, 'webhook').start();
    return webhook;
  };
  beforeAll(async () => {
    installation = await installWebhook(world.installation, ttl);
    await installation.applyConfigurations();
    await start();
    const signet = await world.start([...world.flags, ...installation.controllerFlags, ...flags]);
    await signet.untilSigning();
    await world.untilTrustDomain('default', ({ status }) => status !== undefined);
    await present(webhook, 'webhook').untilReady();
    await signet.untilLogged('Admission works');
  });
  afterAll(async () => installation?.remove());
  return {
    world,
    get installation() {
      return present(installation, 'webhook installation');
    },
    get webhook() {
      return present(webhook, 'webhook');
    },
    start,
  };
}
