// SPDX-License-Identifier: Apache-2.0
/**
 * Valid and invalid TrustDomains whose authority is imported.
 * @module
 */
import { type Case, invalid, valid } from './case.ts';

const ISSUING_CA = { secretRef: { name: 'issuing-ca' } };
const FINGERPRINT = '0123456789abcdef'.repeat(4);
const SOURCE = 'spec.authority.source';
const SECRET = `${SOURCE}.imported.secretRef.name`;
const ACKNOWLEDGE = `${SOURCE}.imported.acknowledgeSharedRoot`;

function imported(member: object): Case['spec'] {
  return { authority: { source: { type: 'Imported', imported: member } } };
}

function acknowledging(acknowledgeSharedRoot: string): Case['spec'] {
  return imported({ ...ISSUING_CA, acknowledgeSharedRoot });
}

function withSecret(name: string): Case['spec'] {
  return imported({ secretRef: { name } });
}

export const IMPORTED_CASES: readonly Case[] = [
  valid('an imported authority', imported(ISSUING_CA)),
  valid('an imported authority with its root acknowledged', acknowledging(FINGERPRINT)),
  valid('a Secret name with dots', withSecret('ca.2026.example')),
  valid('SVIDs as long as no intermediate of ours could', { ...imported(ISSUING_CA), svid: { maxTTL: '2000h' } }),
  invalid(
    'an imported source without its member',
    { authority: { source: { type: 'Imported' } } },
    `${SOURCE}.imported: imported.secretRef.name`,
  ),
  invalid(
    'an imported source with the member of another',
    { authority: { source: { type: 'Imported', imported: ISSUING_CA, selfSigned: {} } } },
    `${SOURCE}.selfSigned: for no other`,
  ),
  invalid(
    'a self-signed source with the member of another',
    { authority: { source: { type: 'SelfSigned', selfSigned: {}, imported: ISSUING_CA } } },
    `${SOURCE}.imported: for no other`,
  ),
  invalid('an imported authority without a Secret', imported({}), `${SOURCE}.imported.secretRef: Required`, {
    judge: 'schema',
  }),
  invalid('a Secret without a name', imported({ secretRef: {} }), `${SECRET}: Required`, { judge: 'schema' }),
  invalid('an empty Secret name', withSecret(''), `${SECRET}: `),
  invalid('a Secret name with a slash', withSecret('pki/ca'), `${SECRET}: lowercase letters`),
  invalid('a Secret name with capitals', withSecret('CA'), `${SECRET}: lowercase letters`),
  invalid('a Secret name of 254 characters', withSecret('a'.repeat(254)), `${SECRET}: 253`),
  invalid('an empty acknowledgement', acknowledging(''), `${ACKNOWLEDGE}: `),
  invalid('an acknowledgement of whatever root', acknowledging('true'), `${ACKNOWLEDGE}: 64 lowercase hexadecimal`),
  invalid(
    'an acknowledged fingerprint in capitals',
    acknowledging(FINGERPRINT.toUpperCase()),
    `${ACKNOWLEDGE}: 64 lowercase hexadecimal digits`,
  ),
  invalid(
    'an acknowledged fingerprint as openssl prints it',
    acknowledging(FINGERPRINT.replaceAll(/..(?=.)/gu, '$&:')),
    `${ACKNOWLEDGE}: 64`,
  ),
  valid('a change from a self-signed authority to an imported one', imported(ISSUING_CA), { before: {} }),
  valid('a change back', {}, { before: imported(ISSUING_CA) }),
  valid('another Secret', withSecret('next-ca'), { before: imported(ISSUING_CA) }),
];
