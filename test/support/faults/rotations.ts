// SPDX-License-Identifier: Apache-2.0
/**
 * What the TrustDomain says of the rotations that were asked for, in every version of it that is stored.
 * @module
 */
import type { RotationAction, RotationState, TrustDomain } from '../../../src/api/trust-domain.ts';

/** After so many rounds both kinds of rotation were asked for: the first one is of the root and takes longer. */
const BOTH_KINDS = 5;

interface Request {
  readonly action: RotationAction;
  /** What was last said of it; undefined: nothing. */
  readonly state: RotationState | undefined;
}

export class Rotations {
  /** By id. */
  readonly #requests = new Map<string, Request>();
  #inProgress = false;
  #publishing = false;
  /** When that was last told. */
  #published = Number.NEGATIVE_INFINITY;

  /** A version of the TrustDomain, and when it was stored. */
  saw({ spec, status }: Pick<TrustDomain, 'spec' | 'status'>, at: number): void {
    const { rotation } = spec;
    if (rotation !== undefined && !this.#requests.has(rotation.id))
      this.#requests.set(rotation.id, { action: rotation.action, state: undefined });
    this.#inProgress = status?.rotation?.state === 'InProgress';
    if (this.#publishing) this.#published = at;
    this.#publishing = status?.rotation?.step === 'PublishingRoot';
    const { rotation: inUse, lastRequest: aside } = status ?? {};
    for (const { id, state } of [inUse, aside].filter((told) => told !== undefined)) {
      const request = id === undefined ? undefined : this.#requests.get(id);
      if (id !== undefined && request !== undefined) this.#requests.set(id, { ...request, state });
    }
  }

  /** Whether one goes on that was asked for, or by schedule. */
  get inProgress(): boolean {
    return this.#inProgress;
  }

  /** Whether a new root went into Secrets at any time from then on. */
  publishedSince(at: number): boolean {
    return this.#publishing || this.#published >= at;
  }

  /** Requests of which nothing was said yet. */
  get unanswered(): number {
    return [...this.#requests.values()].filter(({ state }) => state === undefined).length;
  }

  /** How many of that kind came to their end. */
  completed(kind: RotationAction): number {
    return [...this.#requests.values()].filter(({ action, state }) => action === kind && state === 'Completed').length;
  }

  describe(): string {
    const { inProgress, unanswered } = this;
    return `${this.#requests.size} rotations asked for, ${unanswered} unanswered${inProgress ? ', one in progress' : ''}`;
  }

  /** What is wrong when the last round is over, and what goes on was waited for. */
  problems(rounds: number): readonly string[] {
    const asked = [...this.#requests].flatMap(([id, { action, state }]) => {
      if (state === undefined) return [`rotation ${id}: ${action} was asked for and never answered`];
      return state === 'Refused' ? [`rotation ${id}: ${action} was refused`] : [];
    });
    const kinds = rounds < BOTH_KINDS ? [] : (['RotateRoot', 'RotateIntermediate'] as const);
    return [
      ...asked,
      ...(this.#inProgress ? ['a rotation goes on after the last round, and does not end'] : []),
      ...kinds.flatMap((kind) => (this.completed(kind) > 0 ? [] : [`no ${kind} was completed in ${rounds} rounds`])),
    ];
  }
}
