// SPDX-License-Identifier: Apache-2.0
/**
 * The calls of the leader election: one Lease, read and written on the connection kept for Leases.
 * @module
 */
import { isSignetError, SignetError } from '../errors.ts';
import type { Duration } from '../time.ts';
import { isText } from './is-text.ts';
import type { Lease } from './lease-record.ts';
import { createObject, getObject, updateObject } from './resource-calls.ts';
import { LEASES } from './resources.ts';
import type { Transport } from './transport.ts';
import { undefinedOn } from './undefined-on.ts';

export interface LeaseCall {
  readonly deadline: Duration;
  readonly signal?: AbortSignal;
}

export class LeaseClient {
  readonly #transport: Transport;
  readonly #namespace: string;
  readonly #name: string;

  constructor(transport: Transport, namespace: string, name: string) {
    this.#transport = transport;
    this.#namespace = namespace;
    this.#name = name;
  }

  /** The newest state (a quorum read); undefined when there is no such Lease. */
  async get(call: LeaseCall): Promise<Lease | undefined> {
    const target = { namespace: this.#namespace, name: this.#name, lane: 'lease', ...call } as const;
    return undefinedOn('ERR_KUBE_NOT_FOUND', getObject<Lease>(this.#transport, LEASES, target).then(checked));
  }

  /**
   * Creates the Lease, or replaces the version it was read at. Undefined when somebody else wrote first; other errors
   * leave open whether the write happened.
   */
  async put(lease: Lease, call: LeaseCall): Promise<Lease | undefined> {
    const write = { namespace: this.#namespace, name: this.#name, body: lease, lane: 'lease', ...call } as const;
    try {
      const answer =
        lease.metadata.resourceVersion === undefined
          ? await createObject<Lease>(this.#transport, LEASES, write)
          : await updateObject<Lease>(this.#transport, LEASES, write);
      return checked(answer);
    } catch (error) {
      if (isSignetError(error, 'ERR_KUBE_CONFLICT', 'ERR_KUBE_ALREADY_EXISTS', 'ERR_KUBE_NOT_FOUND')) {
        return undefined;
      }
      throw error;
    }
  }
}

/** An answer without a version is none: the next write could not be conditional. */
function checked(lease: Lease): Lease {
  if (!isText(lease?.metadata?.resourceVersion)) {
    throw new SignetError('ERR_KUBE_PROTOCOL', 'the API server answered with something that is not a Lease');
  }
  return lease;
}
