// SPDX-License-Identifier: Apache-2.0
/**
 * Values of labels that a controller knows beforehand: the series of its metrics that are there from the start.
 * @module
 */

import { IDENTITY_REASONS, TRUST_DOMAIN_REASONS } from '../api/conditions.ts';
import { ROTATION_ACTIONS } from '../api/trust-domain.ts';
import { ISSUE_REASONS } from '../identity/checks.ts';
import {
  CONFIG_MAPS,
  IDENTITY_POLICIES,
  NAMESPACES,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICE_IDENTITIES,
  TRUST_DOMAINS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from '../kube/resources.ts';
import type { MetricsOptions } from '../observability/metrics.ts';
import { PROBER_RESULTS } from '../prober/prober.ts';
import { TRUST_DOMAIN_CONTROLLER } from '../reconcilers/authority/authorities.ts';
import { BUNDLE_CONTROLLER } from '../reconcilers/bundle/bundles.ts';
import { PASSWORDS } from '../reconcilers/caches/caches.ts';
import { POLICY_CONTROLLER } from '../reconcilers/policy/policies.ts';
import { RELOAD_CONTROLLER } from '../reconcilers/reload/reloads.ts';
import { IDENTITY_CONTROLLER } from '../reconcilers/service-identity/identities.ts';
import { PROBE_RESULTS } from '../reconcilers/webhook-upkeep/probe.ts';
import { WEBHOOK_CONTROLLER } from '../reconcilers/webhook-upkeep/upkeep.ts';
import { VERSION } from '../version.ts';

const CONTROLLERS = [
  IDENTITY_CONTROLLER,
  TRUST_DOMAIN_CONTROLLER,
  POLICY_CONTROLLER,
  BUNDLE_CONTROLLER,
  RELOAD_CONTROLLER,
] as const;
const CACHES = [
  NAMESPACES.plural,
  SERVICE_ACCOUNTS.plural,
  TRUST_DOMAINS.plural,
  SECRETS.plural,
  PASSWORDS,
  SERVICE_IDENTITIES.plural,
  IDENTITY_POLICIES.plural,
  CONFIG_MAPS.plural,
] as const;

/** `webhook`: there is one to look after; `prober`: there is one. */
export function controllerLabels({
  webhook,
  prober,
}: {
  readonly webhook: boolean;
  readonly prober: boolean;
}): MetricsOptions {
  return {
    version: VERSION,
    controllers: webhook ? [...CONTROLLERS, WEBHOOK_CONTROLLER] : CONTROLLERS,
    issuanceReasons: ISSUE_REASONS,
    identityStates: Object.keys(IDENTITY_REASONS),
    trustDomainStates: Object.keys(TRUST_DOMAIN_REASONS),
    rotationActions: ROTATION_ACTIONS,
    ...(webhook ? { probeResults: PROBE_RESULTS } : {}),
    ...(prober ? { handshakeResults: PROBER_RESULTS } : {}),
    reflectors: webhook ? [...CACHES, VALIDATING_WEBHOOK_CONFIGURATIONS.plural] : CACHES,
  };
}
