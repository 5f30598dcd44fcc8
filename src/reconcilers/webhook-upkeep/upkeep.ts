// SPDX-License-Identifier: Apache-2.0
/**
 * What the controller does for the webhook while it holds the Lease, as one part of the program: its serving certificate
 * and caBundle, and the proof that admission works.
 * @module
 */

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../controller/clock.ts';
import type { Controller } from '../../controller/controller.ts';
import type { Runnable } from '../../controller/manager.ts';
import type { Result } from '../../controller/result.ts';
import { Reflector } from '../../kube/reflector.ts';
import { VALIDATING_WEBHOOK_CONFIGURATIONS } from '../../kube/resources.ts';
import { type Transport, withSignal } from '../../kube/transport.ts';
import type { ServingSettings } from '../../serving-certificate/plan.ts';
import { type Duration, SECOND } from '../../time.ts';
import { ownSecrets } from '../own-secrets.ts';
import { partController } from '../part-controller.ts';
import type { PartObserver } from '../part-observer.ts';
import type { SigningGate } from '../signing-gate.ts';
import { type CertificateObserver, reconcileCertificate, TrustMemory } from './certificate.ts';
import { configurationCalls } from './configurations.ts';
import { notInCluster, podsConfiguration, podsUnasked } from './pods-asked.ts';
import { type Probed, probeAdmission } from './probe.ts';

/** What the operator says of the webhook. */
export interface WebhookUpkeepSettings extends ServingSettings {
  readonly secretName: string;
  /** Names of our ValidatingWebhookConfigurations; at least one. The second is the one about Pods. */
  readonly configurations: readonly string[];
  readonly probeInterval: Duration;
}

export interface UpkeepObserver extends CertificateObserver {
  /** Every probe, also one whose result is that of the one before, with the first of our configurations. */
  probed(probed: Probed, configuration: { readonly name: string; readonly uid: string | undefined }): void;
}

export interface WebhookUpkeepOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly namespace: string;
  readonly settings: WebhookUpkeepSettings;
  readonly gate: SigningGate;
  /** `passedOver` or `podsUnasked` has another value than before. */
  readonly onChange: () => void;
  readonly observer: PartObserver & { readonly webhook: UpkeepObserver };
}

export interface WebhookUpkeep {
  /** In the order in which they start, after the caches. */
  readonly runnables: readonly Runnable[];
  readonly controller: Controller;
  /** The last probe of this term was admitted: what the webhook must refuse gets in. */
  readonly passedOver: boolean;
  /** Why nobody is asked about Pods, and what to do; undefined: somebody is, as far as this process knows. */
  readonly podsUnasked: string | undefined;
  /** When a signing term begins. */
  enqueueAll(): void;
  /** A Secret of the controller's own namespace changed. */
  secretChanged(name: string): void;
}

export const WEBHOOK_CONTROLLER = 'webhook';
const CERTIFICATE = 'certificate';
const PROBE = 'probe';
const LONGEST_RETRY: Duration = 30 * SECOND;

export function createWebhookUpkeep(options: WebhookUpkeepOptions): WebhookUpkeep {
  const { transport, clock, namespace, settings, gate, observer } = options;
  const { secretName, configurations } = settings;
  const memory = new TrustMemory();
  let passedOver = false;
  const controller: Controller = partController({
    name: WEBHOOK_CONTROLLER,
    reconcile,
    clock,
    workers: 2,
    observer,
    retryBounds: () => ({ max: LONGEST_RETRY }),
  });
  // One watch a name: rights by name reach no further.
  const watches = configurations.map(
    (name) =>
      new Reflector<string>({
        transport,
        clock,
        resource: VALIDATING_WEBHOOK_CONFIGURATIONS,
        fieldSelector: `metadata.name=${name}`,
        metadataOnly: true,
        project: ({ metadata }) => metadata.uid,
        onEvent: (kind) => {
          controller.enqueue(CERTIFICATE);
          if (kind !== 'updated' && name === podsConfiguration(configurations) && isThere(name) !== undefined) {
            options.onChange();
          }
        },
        observer: observer.reflectors,
      }),
  );

  function isThere(name: string): boolean | undefined {
    const watch = watches[configurations.indexOf(name)];
    return watch?.hasSynced === true ? watch.get(name) !== undefined : undefined;
  }

  /** What is not there brings no event. */
  async function firstSeen(watch: Reflector<string> | undefined): Promise<void> {
    if ((await watch?.whenSynced()) === true) options.onChange();
  }

  async function reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const calls = withSignal(transport, signal);
    if (key === PROBE) return probe(calls);
    return reconcileCertificate({
      secretName,
      configurations,
      settings,
      secrets: ownSecrets(calls, namespace),
      calls: configurationCalls(calls),
      gate,
      clock,
      memory,
      observer: observer.webhook,
    });
  }

  async function probe(calls: Transport): Promise<Result> {
    const probed = mayAct() ? await probeAdmission(calls, randomBytes(16).toString('hex')) : undefined;
    // Whoever holds the Lease now proves it; what this process said would stay said.
    const counts = probed !== undefined && mayAct();
    if (counts) {
      const [name = ''] = configurations;
      const gone = probed.result === 'Admitted' && isThere(name) === false ? { detail: notInCluster(name) } : {};
      observer.webhook.probed({ ...probed, ...gone }, { name, uid: watches[0]?.get(name) });
    }
    found(counts && probed.result === 'Admitted');
    return { requeueAfter: settings.probeInterval };
  }

  function mayAct(): boolean {
    return gate.refusal() === undefined;
  }

  function found(admitted: boolean): void {
    if (admitted === passedOver) return;
    passedOver = admitted;
    options.onChange();
  }

  return {
    runnables: [
      {
        name: 'webhook configurations',
        start: () => {
          for (const watch of watches) watch.start();
          void firstSeen(watches[1]);
        },
        stop: () => Promise.all(watches.map((watch) => watch.stop())),
      },
      { name: 'webhook controller', start: () => controller.start(), stop: () => controller.stop() },
    ],
    controller,
    get passedOver() {
      return passedOver;
    },
    get podsUnasked() {
      return podsUnasked(configurations, isThere);
    },
    enqueueAll: () => {
      controller.enqueue(CERTIFICATE);
      controller.enqueue(PROBE);
    },
    secretChanged: (name) => {
      if (name === secretName) controller.enqueue(CERTIFICATE);
    },
  };
}
