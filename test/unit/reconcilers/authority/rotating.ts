// SPDX-License-Identifier: Apache-2.0
/**
 * An authority that is rotated: what is asked of it, what it holds, and what verifiers say of the SVIDs that it signs.
 * @module
 */
import type { RotationRequest, RotationStatus } from '../../../../src/api/trust-domain.ts';
import type { AuthoritySlot } from '../../../../src/authority/document.ts';
import { type Certificate, parseCertificate } from '../../../../src/pki/certificate.ts';
import { mintSVID } from '../../../../src/pki/mint.ts';
import { pathProblem } from '../../../../src/pki/path.ts';
import { parseCertificatesPEM } from '../../../../src/pki/pem.ts';
import type { LoadedAuthority } from '../../../../src/reconcilers/authority/load.ts';
import { AuthorityHarness, ROOT } from '../../../support/authority-harness.ts';
import { aTrustDomain } from '../../../support/builders.ts';
import { anSVIDRequest } from '../../../support/test-authority.ts';

export class Rotating extends AuthorityHarness {
  ask(rotation: RotationRequest): void {
    const { status } = this;
    const changes = status === undefined ? {} : { status };
    this.trustDomains.set('default', aTrustDomain({ ...changes, spec: { rotation }, metadata: { generation: 2 } }));
  }

  async pass(duration: number): Promise<void> {
    await this.clock.advance(duration);
    await this.run();
  }

  get #rootSlots(): readonly AuthoritySlot[] {
    return this.document?.slots.filter(({ kind }) => kind === 'Root') ?? [];
  }

  get roots(): string[] {
    return this.#rootSlots.map(({ state, compromised, withdrawnSince }) =>
      [state, compromised === true ? 'compromised' : '', withdrawnSince === undefined ? '' : 'withdrawn']
        .filter(Boolean)
        .join(' '),
    );
  }

  rootID(index: number): string {
    return this.#rootSlots[index]?.id ?? '';
  }

  root(id: string): Certificate {
    const [der] = parseCertificatesPEM(this.slotOf(id).certificate);
    if (der === undefined) throw new Error(`no root ${id}`);
    return parseCertificate(der);
  }

  get rootFiles(): string[] {
    return [...(this.store.stored.get(ROOT)?.data.keys() ?? [])].sort();
  }

  /** What verifiers that hold these roots say of an SVID that is minted now. */
  async verdict(anchors: readonly Certificate[]): Promise<string | undefined> {
    const now = this.clock.now();
    const svid = await mintSVID(this.loaded.issuer, anSVIDRequest(), now);
    const chain = parseCertificatesPEM(svid.chainPEM).map(parseCertificate);
    return pathProblem({ chain, anchors, trustDomain: 'example.org', now });
  }

  /** The root of that id as it is stored now. */
  slotOf(id: string): AuthoritySlot {
    const slot = this.document?.slots.find((candidate) => candidate.id === id);
    if (slot === undefined) throw new Error(`no slot ${id}`);
    return slot;
  }

  /** What the identities would sign with. */
  get loaded(): LoadedAuthority {
    const authority = this.registry.get('default')?.loaded;
    if (authority === undefined) throw new Error('not loaded');
    return authority;
  }

  get rotation(): RotationStatus | undefined {
    return this.status?.rotation;
  }
}
