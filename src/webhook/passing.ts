// SPDX-License-Identifier: Apache-2.0
/**
 * What passes without anybody judging it: status, deletion and its finalizers, and every change that leaves the spec as
 * it was. A policy that forbids everything must not keep objects from being repaired, labelled or deleted.
 * @module
 */
import { sameJSON } from '../api/equality.ts';
import type { AdmissionRequest, JSONObject } from './admission.ts';

/** The subresources whose objects are judged; others change nothing that is. */
const JUDGED_SUBRESOURCES: ReadonlySet<string> = new Set(['ephemeralcontainers']);

/** Why there is nothing to judge, or undefined. */
export function passesBecause(request: AdmissionRequest): string | undefined {
  const { operation, subResource, object, oldObject } = request;
  if (subResource !== undefined && !JUDGED_SUBRESOURCES.has(subResource)) return 'subresource';
  if (operation !== 'CREATE' && operation !== 'UPDATE') return 'operation';
  if (operation === 'CREATE') return undefined;
  if (isDeleting(object)) return 'deleting';
  return sameJSON(judgedPart(object), judgedPart(oldObject)) ? 'unchanged' : undefined;
}

function isDeleting(object: JSONObject | undefined): boolean {
  const metadata = object?.['metadata'];
  return typeof metadata === 'object' && metadata !== null && 'deletionTimestamp' in metadata
    ? metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null
    : false;
}

/** Everything but metadata and status, whatever the kind calls it. */
function judgedPart(object: JSONObject | undefined): JSONObject {
  const { metadata: _metadata, status: _status, apiVersion: _version, kind: _kind, ...judged } = object ?? {};
  return judged;
}
