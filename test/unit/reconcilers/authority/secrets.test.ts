// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../../src/authority/document-format.ts';
import {
  documentText,
  issuingSecret,
  issuingSecretName,
  rootSecret,
  rootSecretName,
} from '../../../../src/reconcilers/authority/secrets.ts';
import { aDocument, aSlot } from '../../../support/builders.ts';

const key = Buffer.from('key');

describe('names', () => {
  it('never meet', () => {
    const objects = ['x', 'x-root', 'x-intermediate', 'x-root-authority'];
    const names = objects.flatMap((name) => [rootSecretName(name), issuingSecretName(name)]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the two Secrets', () => {
  it('hold root and intermediate apart', () => {
    const root = rootSecret('default', 'root-1', { certificate: Buffer.from('certificate'), key });
    expect([...root.data.keys()]).toEqual(['root-1.crt', 'root-1.key']);
    const issuing = issuingSecret('default', aDocument(), { id: 'intermediate-1', key });
    expect([...issuing.data.keys()]).toEqual(['authority.json', 'ca.crt', 'intermediate-1.key']);
  });

  it('are found by label and are no TLS Secrets', () => {
    const secret = issuingSecret('default', aDocument(), { id: 'i', key });
    expect(secret.labels).toEqual({ 'signet.dev/managed': 'authority', 'signet.dev/trust-domain': 'default' });
    expect(secret.type).toBe('signet.dev/authority');
  });

  it('keep the key of the intermediate that signs, and of no other', () => {
    const document = aDocument({ slots: [aSlot({ kind: 'Root' }), aSlot({ id: 'old', state: 'Retired' }), aSlot()] });
    const { data } = issuingSecret('default', document, { id: 'intermediate-1', key });
    expect([...data.keys()].filter((name) => name.endsWith('.key'))).toEqual(['intermediate-1.key']);
  });

  it('give the document back', () => {
    const { data } = issuingSecret('default', aDocument(), { id: 'i', key });
    const text = documentText({ uid: 'u', resourceVersion: '1', data });
    expect(parseDocument(text ?? '')).toEqual({ value: aDocument() });
    expect(documentText({ uid: 'u', resourceVersion: '1', data: new Map() })).toBeUndefined();
  });
});
