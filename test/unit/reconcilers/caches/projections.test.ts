// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { projectIdentity, projectSecret } from '../../../../src/reconcilers/caches/projections.ts';
import { anIssued } from '../../../support/builders.ts';

const issued = anIssued({
  identity: {
    spec: { secret: { formats: [{ type: 'PEM' }] }, mtls: { allowedClients: [] }, privateKey: {}, ttl: '2h' },
  },
});

/** As it comes from the API server: an object of its own for every field. */
function parsed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

it('keeps of an identity all that decisions read', () => {
  const { metadata, spec, status } = issued.identity;
  const raw = { ...parsed(issued.identity), metadata: { ...parsed(metadata), labels: { a: 'b' }, finalizers: ['f'] } };
  expect(projectIdentity(raw)).toEqual({ metadata, spec, status });
  const { status: _, ...fresh } = issued.identity;
  expect(projectIdentity(parsed(fresh))).toEqual(fresh);
});

it('keeps parts that two identities have alike once', () => {
  const [one, other] = [projectIdentity(parsed(issued.identity)), projectIdentity(parsed(issued.identity))];
  expect(one.spec.secret).toBe(other.spec.secret);
  expect(one.spec.mtls).toBe(other.spec.mtls);
});

it('keeps of a Secret its metadata, up to a bound', () => {
  const { deleting: _, ...meta } = issued.secret.meta;
  const metadata = { ...parsed(meta), creationTimestamp: '2026-06-01T00:00:00Z' };
  expect(projectSecret({ metadata })).toEqual(issued.secret.meta);
  const annotations = { ...meta.annotations, 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(100_000) };
  expect(projectSecret({ metadata: { ...metadata, annotations } })).toEqual({ ...issued.secret.meta, partial: true });
});
