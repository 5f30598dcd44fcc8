// SPDX-License-Identifier: Apache-2.0
/**
 * Where the webhook's serving certificate comes from: one Secret by name, watched by its metadata and read as bytes. A
 * certificate that is not sound is not taken up; the one before goes on.
 * @module
 */

import { CA_CERT_KEY, TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY } from '../api/well-known.ts';
import type { Clock } from '../controller/clock.ts';
import { SignetError } from '../errors.ts';
import { getKeySecret, type SecretWithData, wipe } from '../kube/secret-data.ts';
import type { Transport } from '../kube/transport.ts';
import { undefinedOn } from '../kube/undefined-on.ts';
import { readServingAuthorities, readServingPair, type ServingFacts } from '../pki/serving-certificate.ts';
import type { ServingCertificate } from './server.ts';

export interface ServingSourceOptions {
  readonly clock: Clock;
  readonly namespace: string;
  readonly secretName: string;
  readonly take: (certificate: ServingCertificate) => void;
  /** A certificate was taken up. */
  readonly onTaken: (facts: ServingFacts) => void;
}

export class ServingSource {
  readonly #options: ServingSourceOptions;
  #version: string | undefined;
  #serving: ServingFacts | undefined;
  #trusted = false;

  constructor(options: ServingSourceOptions) {
    this.#options = options;
  }

  /** What is served; undefined: nothing yet. */
  get serving(): ServingFacts | undefined {
    return this.#serving;
  }

  /** Why API servers cannot be served; undefined: they can. */
  refusal(): string | undefined {
    const { secretName, clock } = this.#options;
    if (this.#serving === undefined) return `Secret ${secretName} holds no serving certificate yet`;
    if (!this.#trusted) return 'the caBundle no longer holds the authority of the serving certificate';
    const { notBefore, notAfter } = this.#serving;
    const now = clock.now();
    return now < notBefore || now >= notAfter ? 'the serving certificate is not valid now' : undefined;
  }

  /**
   * Reads the Secret and takes up what is new in it. Rejects where it cannot be read or used; what is served stays. A
   * Secret that is gone changes nothing: the caBundle may well stand.
   */
  async load(transport: Transport): Promise<void> {
    const { namespace, secretName: name } = this.#options;
    const secret = await undefinedOn('ERR_KUBE_NOT_FOUND', getKeySecret(transport, { namespace, name }));
    if (secret === undefined) return;
    try {
      this.#take(secret);
    } finally {
      wipe(secret.data);
    }
  }

  #take({ metadata, data }: SecretWithData): void {
    const { secretName, take, onTaken } = this.#options;
    if (metadata.resourceVersion === this.#version) return;
    const authorities = readServingAuthorities(data.get(CA_CERT_KEY) ?? Buffer.alloc(0));
    if ('problem' in authorities) throw unusable(secretName, `${CA_CERT_KEY} ${authorities.problem}`);
    this.#trusted = authorities.value.some(({ id }) => id === this.#serving?.authorityID);
    const [certificate, key] = [data.get(TLS_CERT_KEY), data.get(TLS_PRIVATE_KEY_KEY)];
    // Prepared and not served yet.
    if (certificate === undefined || key === undefined) return;
    const pair = readServingPair(certificate, key, authorities.value);
    if ('problem' in pair) throw unusable(secretName, `${TLS_CERT_KEY} ${pair.problem}`);
    if (pair.value.authorityID !== this.#serving?.authorityID) {
      take({ certificate, key });
      this.#serving = pair.value;
      this.#trusted = true;
      onTaken(pair.value);
    }
    this.#version = metadata.resourceVersion;
  }
}

function unusable(name: string, problem: string): SignetError {
  return new SignetError('ERR_AUTHORITY', `Secret ${name} cannot be served: ${problem}`);
}
