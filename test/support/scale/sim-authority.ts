// SPDX-License-Identifier: Apache-2.0
/**
 * The authority of a simulation: the real reconciler of TrustDomains in simulated time, fed with counts of the fleet.
 * Tests that use it put the model's signing and storage in place of the real ones.
 * @module
 */

import type { RotationAction, TrustDomain, TrustDomainSpec, TrustDomainStatus } from '../../../src/api/trust-domain.ts';
import type { AuthorityDocument } from '../../../src/authority/document.ts';
import type { Propagation } from '../../../src/authority/propagation.ts';
import { anchors, toleratedAnchors } from '../../../src/authority/slots.ts';
import type { AuthorityView } from '../../../src/identity/observed.ts';
import { Counter } from '../../../src/reconcilers/authority/counter.ts';
import { type Duration, type Instant, SECOND } from '../../../src/time.ts';
import { type Cluster, Controller } from '../../property/authority/model/controller.ts';
import { AuthorityStore } from '../authority-harness.ts';
import { aResolvedTrustDomain, aTrustDomain } from '../builders.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimFleet } from './sim-fleet.ts';

export class SimAuthority implements Cluster {
  trustDomain: TrustDomain;
  readonly secrets = new AuthorityStore();
  readonly #clock: SimClock;
  readonly #counter: Counter;
  readonly #controller: Controller;
  readonly #margin: Duration;

  constructor(clock: SimClock, fleet: SimFleet, spec: Partial<TrustDomainSpec>) {
    this.#clock = clock;
    this.trustDomain = aTrustDomain({ spec });
    this.#margin = aResolvedTrustDomain(spec).propagationMargin;
    this.#counter = new Counter({ clock, count: (_, document) => countOf(fleet, document) });
    this.#controller = new Controller(this);
  }

  get now(): Instant {
    return this.#clock.now();
  }

  /** As decisions about identities see it; undefined: nothing can be signed. */
  get view(): AuthorityView | undefined {
    return this.#controller.registry.get('default')?.view.authority;
  }

  /** Whether the last request has come to its end. */
  get completed(): boolean {
    return this.trustDomain.status?.rotation?.state === 'Completed';
  }

  request(action: RotationAction): void {
    const { metadata, spec } = this.trustDomain;
    const generation = (metadata.generation ?? 0) + 1;
    const rotation = { id: `request-${generation}`, action, reason: 'simulation' };
    this.trustDomain = { ...this.trustDomain, metadata: { ...metadata, generation }, spec: { ...spec, rotation } };
  }

  /** One run; resolves to when the next is due. */
  async run(): Promise<Duration> {
    return (await this.#controller.run()) ?? SECOND;
  }

  count(document: AuthorityDocument): Propagation | undefined {
    return this.#counter.count('default', document, this.#margin);
  }

  writeStatus(trustDomain: TrustDomain, status: TrustDomainStatus): void {
    this.trustDomain = { ...trustDomain, status };
  }

  fault(): void {
    // Faults are the business of the rotation model.
  }

  written(): void {
    // Nobody else looks at what is stored.
  }
}

function countOf(fleet: SimFleet, document: AuthorityDocument): Propagation {
  const accepted = new Set([anchors(document), ...toleratedAnchors(document)].map(namesOf));
  const holding = (texts: Iterable<string>): number => [...texts].reduce((sum, text) => sum + fleet.holding(text), 0);
  const stale = fleet.stored - holding(accepted);
  const condemned = document.slots.filter(({ compromised, kind }) => compromised === true && kind === 'Intermediate');
  const exposed = holding(condemned.map(({ id }) => id));
  const dependents = Math.max(stale, exposed);
  return { targets: fleet.stored, stale, exposed, blockers: [], secrets: fleet.stored, dependents };
}

/** As the model's storage writes anchors. */
function namesOf(roots: readonly { readonly id: string }[]): string {
  return roots.map(({ id }) => id).join();
}
