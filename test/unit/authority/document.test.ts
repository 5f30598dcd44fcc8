// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthorityDocument } from '../../../src/authority/document.ts';
import { formatDocument, parseDocument } from '../../../src/authority/document-format.ts';
import { aDocument, aSlot, NOW } from '../../support/builders.ts';

const cross = { certificate: 'cross', issuerID: 'root-1' };
const full = aDocument({
  slots: [
    aSlot({ kind: 'Root' }),
    aSlot({ kind: 'Root', id: 'root-2', state: 'Prepared', cross, storedSince: NOW }),
    aSlot({ state: 'Retired', id: 'intermediate-0', leavesUntil: NOW + 1000, compromised: true }),
    aSlot(),
    aSlot({ kind: 'Root', id: 'root-0', state: 'Retired', keyDestroyed: true, withdrawnSince: NOW }),
  ],
  rotation: {
    id: 'drill',
    action: 'RotateRoot',
    reason: 'a drill',
    state: 'Refused',
    message: 'no',
    startedAt: NOW,
    completedAt: NOW + 1000,
    quarantined: 2,
  },
  requestID: 'drill',
  answeredIDs: ['an earlier one', 'the first'],
});

/** The stored text after something happened to it. */
function damaged(change: (raw: { [key: string]: unknown; slots: Record<string, unknown>[] }) => unknown): string {
  return JSON.stringify(change(JSON.parse(formatDocument(full))));
}

function first(raw: { slots: Record<string, unknown>[] }): Record<string, unknown> {
  const [slot] = raw.slots;
  if (slot === undefined) throw new Error('no slot');
  return slot;
}

describe('the document', () => {
  it.each<[string, AuthorityDocument]>([
    ['of a new authority', aDocument()],
    ['with every kind and state', full],
    ['without slots', aDocument({ slots: [] })],
    [
      'with times far away',
      aDocument({ slots: [aSlot({ kind: 'Root', notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) })] }),
    ],
  ])('comes back as it was written: %s', (_, document) => {
    expect(parseDocument(formatDocument(document))).toEqual({ value: document });
  });

  it('keeps whole seconds of when a slot changed', () => {
    const document = aDocument({ slots: [aSlot({ kind: 'Root', since: NOW + 999 })] });
    expect(parseDocument(formatDocument(document))).toMatchObject({ value: { slots: [{ since: NOW }] } });
  });

  it('holds no key', () => {
    expect(formatDocument(full)).not.toMatch(/PRIVATE/i);
    expect(formatDocument(full).match(/\w*key\w*/gi)).toEqual(['keyDestroyed']);
  });

  it.each<[string, string, RegExp]>([
    ['garbage', 'garbage', /not JSON/],
    ['an empty text', '', /not JSON/],
    ['a cut text', formatDocument(full).slice(0, -20), /not JSON/],
    ['null', 'null', /not a JSON object/],
    ['a list', '[]', /not a JSON object/],
    ['a newer format', damaged((raw) => ({ ...raw, format: 2 })), /format 2/],
    [
      'a format that is no text either',
      damaged((raw) => ({ ...raw, format: { toString: 1 } })),
      /format \{"toString":1\}/,
    ],
    ['no format', damaged((raw) => ({ ...raw, format: undefined })), /format undefined/],
    ['no trust domain', damaged((raw) => ({ ...raw, trustDomain: undefined })), /lacks/],
    ['no revision', damaged((raw) => ({ ...raw, revision: undefined })), /lacks/],
    ['a sequence that is none', damaged((raw) => ({ ...raw, sequence: -1 })), /lacks/],
    ['a sequence past counting', damaged((raw) => ({ ...raw, sequence: 1e300 })), /lacks/],
    ['a rotation that is none', damaged((raw) => ({ ...raw, rotation: 'soon' })), /rotation/],
    ['a rotation in no known state', damaged((raw) => ({ ...raw, rotation: { state: 'Lost' } })), /rotation/],
    ['no slots', damaged((raw) => ({ ...raw, slots: {} })), /lacks/],
    ['a slot that is none', damaged((raw) => ({ ...raw, slots: [...raw.slots, null] })), /index 5/],
    ['the same authority twice', damaged((raw) => ({ ...raw, slots: [...raw.slots, first(raw)] })), /twice/],
    [
      'two signing intermediates',
      formatDocument({ ...full, slots: [...full.slots, aSlot({ id: 'intermediate-9' })] }),
      /active/,
    ],
    [
      'two active roots',
      formatDocument({ ...full, slots: [...full.slots, aSlot({ kind: 'Root', id: 'root-9' })] }),
      /active/,
    ],
  ])('is refused when it is %s', (_, text, problem) => {
    expect(parseDocument(text)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it.each(['id', 'kind', 'state', 'since', 'notBefore', 'notAfter', 'certificate'])(
    'is refused without %s in a slot',
    (field) => {
      const text = damaged((raw) => {
        delete first(raw)[field];
        return raw;
      });
      expect(parseDocument(text)).toEqual({ problem: 'has a damaged slot at index 0' });
    },
  );

  it.each([
    ['kind', 'Leaf'],
    ['state', 'Broken'],
    ['notAfter', 'soon'],
    ['notAfter', 5],
    ['id', 7],
    ['certificate', {}],
    ['cross', 'certificate'],
    ['cross', { certificate: 'a' }],
  ])('is refused with %s %s', (field, value) => {
    const text = damaged((raw) => {
      first(raw)[field] = value;
      return raw;
    });
    expect(parseDocument(text)).toEqual({ problem: 'has a damaged slot at index 0' });
  });
});
