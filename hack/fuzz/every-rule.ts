// SPDX-License-Identifier: Apache-2.0
/** @module A policy with every rule there is, for whoever sends reviews of any kind. */
import type { IdentityPolicySpec } from '../../src/api/identity-policy.ts';

export const EVERY_RULE: IdentityPolicySpec = {
  issue: {
    serviceAccounts: ['none'],
    dnsNames: ['{serviceAccount}.{namespace}.svc'],
    ttl: { min: '30m', max: '40m' },
    keyAlgorithms: ['Ed25519'],
    secretFormats: ['PEM'],
  },
  mtls: {
    mode: 'Strict',
    clients: { allowed: ['spiffe://example.org/ns/a/sa/b'] },
    servers: { denied: ['spiffe://example.org/ns/*/sa/*'] },
  },
  validations: [
    { name: 'who', expression: "oldIdentity == null || request.userInfo.uid == 'u'", message: 'ask' },
    { name: 'names', expression: 'identity.dnsNames.size() < 3', message: 'fewer' },
  ],
};
