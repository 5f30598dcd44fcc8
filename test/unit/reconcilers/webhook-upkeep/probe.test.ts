// SPDX-License-Identifier: Apache-2.0
/**
 * What each answer of the API server proves of admission.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import { statusError } from '../../../../src/kube/kube-error.ts';
import type { KubeRequest, Transport } from '../../../../src/kube/transport.ts';
import { probeAdmission } from '../../../../src/reconcilers/webhook-upkeep/probe.ts';

const NONCE = '00112233445566778899aabbccddeeff';

function answering(answer: SignetError | undefined, requests: KubeRequest[] = []): Transport {
  return {
    request: async <T>(request: KubeRequest): Promise<T> => {
      requests.push(request);
      if (answer !== undefined) throw answer;
      return {} as T;
    },
    requestBytes: () => Promise.reject(new Error('unused')),
    stream: () => Promise.reject(new Error('unused')),
    close: () => Promise.resolve(),
  };
}

function status(code: number, reason: string, message: string): SignetError {
  const label = { verb: 'create', resource: 'trustdomains', path: '/x' };
  return statusError(label, code, JSON.stringify({ reason, message }));
}

const DENIED = 'admission webhook "trustdomains.signet.dev" denied the request: reserved';

describe('a probe', () => {
  it.each([
    ['Refused', status(403, 'Forbidden', `${DENIED}; probe ${NONCE}`)],
    ['RefusedByOthers', status(403, 'Forbidden', DENIED)],
    ['RefusedByOthers', status(403, 'Forbidden', 'trustdomains is forbidden: cannot create')],
    ['RefusedByOthers', status(422, 'Invalid', 'spec is invalid')],
    ['Unreachable', status(500, 'InternalError', 'Internal error occurred: failed calling webhook "x": refused')],
    ['Admitted', status(409, 'AlreadyExists', 'there is one')],
    ['Admitted', undefined],
  ])('comes to %s', async (result, answer) => {
    expect(await probeAdmission(answering(answer), NONCE)).toMatchObject({ result });
  });

  it('comes to nothing where the API server gives no answer', async () => {
    const gone = new SignetError('ERR_KUBE_TIMEOUT', 'no answer');
    await expect(probeAdmission(answering(gone), NONCE)).rejects.toBe(gone);
  });

  it('is a dry run', async () => {
    const requests: KubeRequest[] = [];
    await probeAdmission(answering(undefined, requests), NONCE);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ verb: 'create', query: { dryRun: 'All' } });
  });
});
