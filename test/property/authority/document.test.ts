// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { AUTHORITY_KINDS, AUTHORITY_STATES, ROTATION_ACTIONS, ROTATION_STATES } from '../../../src/api/trust-domain.ts';
import type { AuthorityDocument } from '../../../src/authority/document.ts';
import { formatDocument, parseDocument } from '../../../src/authority/document-format.ts';

/** Whole seconds of the years 1970 to 9999. */
const instant = fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1000);

const slot = fc.record(
  {
    id: fc.string({ minLength: 1 }),
    kind: fc.constantFrom(...AUTHORITY_KINDS),
    state: fc.constantFrom(...AUTHORITY_STATES),
    since: instant,
    notBefore: instant,
    notAfter: instant,
    certificate: fc.string(),
    issuerID: fc.string(),
    cross: fc.record({ certificate: fc.string(), issuerID: fc.string() }),
    storedSince: instant,
    leavesUntil: instant,
    withdrawnSince: instant,
    compromised: fc.constant(true as const),
    keyDestroyed: fc.constant(true as const),
  },
  { requiredKeys: ['id', 'kind', 'state', 'since', 'notBefore', 'notAfter', 'certificate'] },
);

const rotation = fc.record(
  {
    action: fc.constantFrom(...ROTATION_ACTIONS),
    state: fc.constantFrom(...ROTATION_STATES),
    startedAt: instant,
    completedAt: instant,
    id: fc.string(),
    reason: fc.string(),
    message: fc.string(),
    quarantined: fc.nat(),
  },
  { requiredKeys: ['action', 'state', 'startedAt'] },
);

/** Documents as we write them: no id twice, one active of a kind. */
const document: fc.Arbitrary<AuthorityDocument> = fc.record(
  {
    trustDomain: fc.string(),
    revision: fc.nat(),
    sequence: fc.maxSafeNat(),
    slots: fc.uniqueArray(slot, { selector: ({ id }) => id }).map((slots) => {
      const active = new Set<string>();
      return slots.map((slot) => {
        if (slot.state !== 'Active' || !active.has(slot.kind)) {
          if (slot.state === 'Active') active.add(slot.kind);
          return slot;
        }
        return { ...slot, state: 'Retired' as const };
      });
    }),
    rotation,
    requestID: fc.string(),
    answeredIDs: fc.array(fc.string()),
  },
  { requiredKeys: ['trustDomain', 'revision', 'sequence', 'slots'] },
);

it('comes back as it was written', () => {
  fc.assert(
    fc.property(document, (document) => {
      expect(parseDocument(formatDocument(document))).toEqual({ value: document });
    }),
    { numRuns: 2000 },
  );
});

it('is parsed or refused, whatever is stored, and never throws', () => {
  const stored = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((slots) => JSON.stringify({ format: 1, trustDomain: 'a', revision: 1, sequence: 1, slots })),
  );
  fc.assert(
    fc.property(stored, (text) => {
      const parsed = parseDocument(text);
      if ('problem' in parsed) expect(parsed.problem).toMatch(/\w/);
      else expect(parseDocument(formatDocument(parsed.value))).toEqual(parsed);
    }),
    { numRuns: 2000 },
  );
});

it('is refused, or is a document of the same kind, after one character of it was lost', () => {
  fc.assert(
    fc.property(document, fc.nat(), (document, place) => {
      const text = formatDocument(document);
      const at = place % text.length;
      const parsed = parseDocument(text.slice(0, at) + text.slice(at + 1));
      if ('value' in parsed) expect(parsed.value.slots).toHaveLength(document.slots.length);
    }),
    { numRuns: 2000 },
  );
});
