// SPDX-License-Identifier: Apache-2.0
/**
 * A root rotation step by step by hand, with no controller: what a sound one looks like, and what is left of it when a
 * step is skipped. It shows that the lab can tell one from the other.
 * @module
 */
import {
  createCrossCertificate,
  createIntermediate,
  createRoot,
  type RootAuthority,
} from '../../../src/pki/authority.ts';
import type { Certificate } from '../../../src/pki/certificate.ts';
import { generateKeyPair } from '../../../src/pki/key-pair.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { encodePEM } from '../../../src/pki/pem.ts';
import { privateKeySigner, type Signer } from '../../../src/pki/signer.ts';
import { HOUR, MINUTE } from '../../../src/time.ts';
import type { PodFiles } from './chain-state.ts';
import type { OnVersion, SecretWatch } from './secrets.ts';

const TRUST_DOMAIN = 'scripted.example.org';

interface Generation {
  readonly root: RootAuthority;
  readonly intermediate: Certificate;
  readonly signer: Signer;
  /** The root under the one before it. */
  readonly cross?: Certificate;
}

/** The Secrets of some identities under an authority that does as it is told. */
export class ScriptedRotation {
  readonly #namespace: string;
  readonly #secrets = new Map<string, PodFiles>();
  readonly #watchers = new Set<OnVersion>();
  readonly #generations: Generation[] = [];
  #anchors: readonly Certificate[] = [];

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Every version from now on, beginning with those there are. */
  watch(onVersion: OnVersion): Promise<SecretWatch> {
    this.#watchers.add(onVersion);
    for (const [identity, files] of this.#secrets) onVersion(`${identity}-svid`, files);
    return Promise.resolve({
      problems: [],
      stop: () => {
        this.#watchers.delete(onVersion);
        return Promise.resolve();
      },
    });
  }

  /** The first root, and an SVID under it for each identity. */
  async begin(identities: readonly string[]): Promise<void> {
    const first = await generation();
    this.#generations.push(first);
    this.#anchors = [first.root.certificate];
    for (const identity of identities) this.#secrets.set(identity, await this.#issue(identity, first, []));
  }

  /** Makes another root, signed by the one before it, and writes it to every ca.crt. */
  async publish(): Promise<void> {
    const next = await generation(this.#last().root);
    this.#generations.push(next);
    this.#anchors = [...this.#anchors, next.root.certificate];
    this.#refreshAnchors();
  }

  /** Every leaf from the newest root; the cross-certificate goes last. */
  async sign(): Promise<void> {
    const { cross } = this.#last();
    for (const identity of this.#secrets.keys()) {
      this.#store(identity, await this.#issue(identity, this.#last(), cross === undefined ? [] : [cross]));
    }
  }

  /** Takes every root but the newest out of every ca.crt. */
  drop(): void {
    this.#anchors = [this.#last().root.certificate];
    this.#refreshAnchors();
  }

  #refreshAnchors(): void {
    for (const [identity, files] of this.#secrets) this.#store(identity, { ...files, anchors: pem(this.#anchors) });
  }

  #store(identity: string, files: PodFiles): void {
    this.#secrets.set(identity, files);
    for (const tell of this.#watchers) tell(`${identity}-svid`, files);
  }

  async #issue(identity: string, { intermediate, signer }: Generation, cross: Certificate[]): Promise<PodFiles> {
    const issuer = {
      id: identity,
      certificate: intermediate,
      signer,
      chain: [intermediate, ...cross],
      anchors: this.#anchors,
      trustDomain: TRUST_DOMAIN,
    };
    const request = {
      spiffeID: `spiffe://${TRUST_DOMAIN}/ns/${this.#namespace}/sa/${identity}`,
      dnsNames: [`${identity}.${this.#namespace}.svc`],
      subject: 'Empty',
      algorithm: 'ECDSA-P256',
      ttl: HOUR,
    } as const;
    const { chainPEM, privateKeyPEM } = await mintSVID(issuer, request, Date.now());
    return { certificate: chainPEM.toString(), key: privateKeyPEM.toString(), anchors: pem(this.#anchors) };
  }

  #last(): Generation {
    const last = this.#generations.at(-1);
    if (last === undefined) throw new Error('The rotation has not begun');
    return last;
  }
}

async function generation(before?: RootAuthority): Promise<Generation> {
  const now = Date.now();
  const notAfter = now + 24 * HOUR;
  const validity = { trustDomain: TRUST_DOMAIN, notBefore: now - MINUTE, notAfter };
  const [rootSigner, signer] = await Promise.all([newSigner(), newSigner()]);
  const root = { certificate: await createRoot({ ...validity, signer: rootSigner }), signer: rootSigner };
  const intermediate = await createIntermediate({ ...validity, publicKey: signer.publicKey, issuer: root });
  if (before === undefined) return { root, intermediate, signer };
  const within = { ...validity, notAfter: before.certificate.notAfter };
  const cross = await createCrossCertificate({ ...within, root: root.certificate, issuer: before });
  return { root, intermediate, signer, cross };
}

async function newSigner(): Promise<Signer> {
  return privateKeySigner((await generateKeyPair('ECDSA-P256')).privateKey);
}

function pem(certificates: readonly Certificate[]): string {
  return certificates.map(({ der }) => encodePEM('CERTIFICATE', der).toString()).join('');
}
