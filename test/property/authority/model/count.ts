// SPDX-License-Identifier: Apache-2.0
/**
 * The targets of the model as the real count sees them: identities whose status tells what their Secrets hold, or whose
 * Secrets were read because somebody else wrote them, and places of the bundle.
 * @module
 */
import type { ServiceIdentity } from '../../../../src/api/service-identity.ts';
import { formatTimestamp } from '../../../../src/api/timestamp.ts';
import { FILES_DIGEST_ANNOTATION } from '../../../../src/api/well-known.ts';
import type { AuthorityDocument } from '../../../../src/authority/document.ts';
import { type Count, combined } from '../../../../src/authority/propagation.ts';
import { anchors } from '../../../../src/authority/slots.ts';
import { bundlePropagation } from '../../../../src/bundle/report.ts';
import { specFilesDigest } from '../../../../src/identity/desired.ts';
import type { SecretMeta } from '../../../../src/identity/observed.ts';
import { countSecrets } from '../../../../src/reconcilers/authority/count.ts';
import type { Instant } from '../../../../src/time.ts';
import { namesOf } from './fake-storage.ts';
import { anchorsIn, type Workload } from './workload.ts';

const SPEC = { serviceAccountName: 'checkout' };

export class ModelCount {
  readonly #certificates = new Map<string, string>();
  readonly #digests = new Map<string, string>();

  /** What is in ca.crt under the names of the model. */
  learn({ slots }: AuthorityDocument): void {
    for (const { id, certificate } of slots) this.#certificates.set(id, certificate);
  }

  of(targets: readonly Workload[], document: AuthorityDocument, now: Instant): Count {
    const stored = targets.filter(({ anchors: held }) => held.stored !== undefined);
    const places = stored.filter(({ kind }) => kind === 'ConfigMap');
    return combined([this.#secrets(stored, document, now), bundlePropagation(places.map(tallyOf(document)))]);
  }

  #secrets(targets: readonly Workload[], document: AuthorityDocument, now: Instant): Count {
    const identities: ServiceIdentity[] = [];
    const secrets = new Map<string, SecretMeta>();
    const contents = new Map<string, { filesDigest: string | undefined; authorityID: string | undefined }>();
    for (const target of targets) {
      const identity = identityOf(target);
      if (identity === undefined) continue;
      identities.push(identity);
      const filesDigest = this.#digestOf(target.anchors.stored ?? '');
      // Somebody has written every other one, and it was read.
      const read = secrets.size % 2 === 1;
      const annotations = { [FILES_DIGEST_ANNOTATION]: read ? 'edited' : filesDigest };
      const resourceVersion = read ? 'edited' : 'written';
      const name = { namespace: 'shop', name: target.name, uid: target.name };
      const meta = { ...name, resourceVersion, labels: {}, annotations, ownerReferences: [], deleting: false };
      secrets.set(`shop/${target.name}`, meta);
      const authorityID = identity.status?.authorityID;
      contents.set(`shop/${target.name}`, { filesDigest, authorityID });
    }
    const caches = { identities, secrets, content: (key: string) => contents.get(key) };
    return countSecrets('default', document, caches, now);
  }

  #digestOf(stored: string): string {
    const known = this.#digests.get(stored);
    if (known !== undefined) return known;
    const pems = anchorsIn(stored).map((id) => this.#certificates.get(id) ?? '');
    const digest = specFilesDigest(SPEC, pems.join(''));
    this.#digests.set(stored, digest);
    return digest;
  }
}

/** The identity of a Secret, with the status that was written with it. */
function identityOf({ kind, name, leaf: { stored } }: Workload): ServiceIdentity | undefined {
  if (kind !== 'Secret' || stored === undefined) return undefined;
  const status = {
    spiffeID: `spiffe://example.org/ns/shop/sa/${name}`,
    serialNumber: '1',
    fingerprint: '1',
    authorityID: stored.intermediate,
    notBefore: formatTimestamp(stored.issuedAt),
    notAfter: formatTimestamp(stored.notAfter),
    secret: { name, uid: name, resourceVersion: 'written' },
  };
  return {
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: SPEC,
    status,
  };
}

function tallyOf(document: AuthorityDocument): (place: Workload) => Parameters<typeof bundlePropagation>[0][number] {
  const wanted = namesOf(anchors(document));
  return ({ name, anchors: held }) => ({
    kind: 'ConfigMap',
    namespace: 'shop',
    name,
    current: held.stored === wanted,
    blocked: undefined,
  });
}
