// SPDX-License-Identifier: Apache-2.0
/**
 * The caBundle of our own webhook configurations, by name: read, compared, and applied as the only field that is ours.
 * @module
 */

import type { ObjectMeta } from '../../api/object-meta.ts';
import { CA_BUNDLE_MANAGER } from '../../api/well-known.ts';
import { applyObject, getObject } from '../../kube/resource-calls.ts';
import { VALIDATING_WEBHOOK_CONFIGURATIONS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { undefinedOn } from '../../kube/undefined-on.ts';

/** A ValidatingWebhookConfiguration, as far as it is read here. */
export interface WebhookConfiguration {
  readonly metadata: ObjectMeta;
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

export interface ConfigurationCalls {
  /** Undefined: there is none of this name. */
  get(name: string): Promise<WebhookConfiguration | undefined>;
  /** Sets the caBundle of every webhook in it, decided on the version that was read. */
  apply(configuration: WebhookConfiguration, caBundle: string): Promise<void>;
}

/** The calls over a transport; for a run that can be canceled, over one with the run's signal. */
export function configurationCalls(transport: Transport): ConfigurationCalls {
  return {
    get: (name) =>
      undefinedOn(
        'ERR_KUBE_NOT_FOUND',
        getObject<WebhookConfiguration>(transport, VALIDATING_WEBHOOK_CONFIGURATIONS, { name }),
      ),
    apply: async ({ metadata: { name, uid, resourceVersion }, webhooks = [] }, caBundle) => {
      // All of them, each time: what is left out of an apply is given up.
      const body = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name, uid, resourceVersion },
        webhooks: webhooks.map((webhook) => ({ name: webhook.name, clientConfig: { caBundle } })),
      };
      const call = { name, body, fieldManager: CA_BUNDLE_MANAGER, metadataOnly: true };
      await applyObject(transport, VALIDATING_WEBHOOK_CONFIGURATIONS, call);
    },
  };
}

/** Whether every webhook of it has this caBundle. */
export function hasBundle({ webhooks = [] }: WebhookConfiguration, caBundle: string): boolean {
  return webhooks.every(({ clientConfig }) => clientConfig?.caBundle === caBundle);
}
