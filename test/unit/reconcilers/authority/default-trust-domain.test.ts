// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Transport } from '../../../../src/kube/transport.ts';
import { ensureDefaultTrustDomain } from '../../../../src/reconcilers/authority/default-trust-domain.ts';
import { aTrustDomain } from '../../../support/builders.ts';

it('asks the API server nothing where the cache has it', async () => {
  const asked: string[] = [];
  const refuse = ({ verb }: { readonly verb: string }): Promise<never> => {
    asked.push(verb);
    return Promise.reject(new Error('not to be asked'));
  };
  const transport: Transport = { request: refuse, requestBytes: refuse, stream: refuse, close: async () => undefined };
  const { spec } = aTrustDomain();
  const other = aTrustDomain({ spec: { trustDomain: 'other.test' } });
  expect(await ensureDefaultTrustDomain(transport, spec, aTrustDomain())).toBeUndefined();
  expect(await ensureDefaultTrustDomain(transport, spec, other)).toContain('other.test, which cannot be changed');
  expect(asked).toEqual([]);
});
