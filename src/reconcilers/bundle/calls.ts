// SPDX-License-Identifier: Apache-2.0
/**
 * The calls on published bundles. Every write names the version it was decided on; a patch leaves alone what others put
 * on the object.
 * @module
 */
import type { OwnerReference } from '../../api/object-meta.ts';
import {
  MANAGED_BUNDLE,
  MANAGED_LABEL,
  TRUST_DOMAIN_LABEL,
  TRUST_DOMAIN_NAME_ANNOTATION,
} from '../../api/well-known.ts';
import { type BundleKind, type BundleMeta, bundleMeta, isOwnedBy, ownerReferenceTo } from '../../bundle/objects.ts';
import type { FoundObject, WantedObject } from '../../bundle/plan.ts';
import { createObject, deleteObject, getObject, patchObject } from '../../kube/resource-calls.ts';
import type { KubeObject, Resource } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { undefinedOn } from '../../kube/undefined-on.ts';
import { type BundleBody, bodyDigest, type StoredBody } from './content.ts';

export interface BundleCalls {
  /** Undefined: it does not exist. */
  read(name: string): Promise<FoundObject | undefined>;
  /** ERR_KUBE_ALREADY_EXISTS when the name is taken. */
  create(wanted: WantedObject, body: BundleBody): Promise<BundleMeta>;
  patch(meta: BundleMeta, wanted: WantedObject, body: BundleBody): Promise<BundleMeta>;
  /** Does nothing where it is gone. */
  delete(meta: BundleMeta): Promise<void>;
}

/** Where the objects of one kind are. */
export interface BundlePlace {
  readonly kind: BundleKind;
  readonly resource: Resource;
  readonly namespace: string | undefined;
}

type Stored = KubeObject & StoredBody & { readonly immutable?: boolean };

export function bundleCalls(transport: Transport, { kind, resource, namespace }: BundlePlace): BundleCalls {
  const head = {
    apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
    kind,
  };
  return {
    read: (name) =>
      undefinedOn(
        'ERR_KUBE_NOT_FOUND',
        getObject<Stored>(transport, resource, { namespace, name }).then((stored) => ({
          meta: bundleMeta(stored),
          content: { digest: bodyDigest(stored), immutable: stored.immutable === true },
        })),
      ),
    create: async (wanted, body) => {
      const metadata = {
        name: wanted.name,
        namespace,
        ...marks(wanted),
        ownerReferences: [ownerReferenceTo(wanted.owner)],
      };
      const call = { namespace, body: { ...head, metadata, ...body }, metadataOnly: true };
      return bundleMeta(await createObject<KubeObject>(transport, resource, call));
    },
    patch: async (meta, wanted, body) => {
      const { name, uid, resourceVersion } = meta;
      const metadata = { uid, resourceVersion, ...marks(wanted), ...ownersOf(meta, wanted) };
      const call = { namespace, name, body: { metadata, ...body }, metadataOnly: true };
      return bundleMeta(await patchObject<KubeObject>(transport, resource, call));
    },
    delete: async ({ name, uid, resourceVersion }) => {
      await undefinedOn(
        'ERR_KUBE_NOT_FOUND',
        deleteObject(transport, resource, { namespace, name, preconditions: { uid, resourceVersion } }),
      );
    },
  };
}

function marks({ owner, trustDomainName }: WantedObject): {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  return {
    labels: { [MANAGED_LABEL]: MANAGED_BUNDLE, [TRUST_DOMAIN_LABEL]: owner.name },
    annotations: { [TRUST_DOMAIN_NAME_ANNOTATION]: trustDomainName },
  };
}

/** Ours beside those of others; one of a former TrustDomain goes. Nothing where ours is there. */
function ownersOf(meta: BundleMeta, { owner }: WantedObject): { readonly ownerReferences?: readonly OwnerReference[] } {
  if (isOwnedBy(meta, owner)) return {};
  return { ownerReferences: [ownerReferenceTo(owner), ...meta.owners.filter(({ controller }) => controller !== true)] };
}
