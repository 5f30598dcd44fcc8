// SPDX-License-Identifier: Apache-2.0
/**
 * The AdmissionReview around a request: what is taken, what is not, and the limits of an answer.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { readReview, reviewAnswer } from '../../../src/webhook/review.ts';
import { aRequest, bytesOf, reviewOf } from '../../support/admission.ts';

const REVIEW = reviewOf(aRequest());
const REQUEST = REVIEW['request'] as object;

describe('a review', () => {
  it('is read whole', () => {
    expect(readReview(bytesOf(REVIEW))).toEqual({ request: aRequest() });
  });

  it('is read where what is optional is left out, or null', () => {
    const { uid, kind, operation, object } = aRequest();
    const request = { uid, kind, operation, object, oldObject: null };
    expect(readReview(bytesOf({ ...REVIEW, request }))).toMatchObject({
      request: { name: '', namespace: undefined, subResource: undefined, dryRun: false, oldObject: undefined },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['of another kind', { ...REVIEW, kind: 'Pod' }, /not an AdmissionReview/],
    ['of an old version', { ...REVIEW, apiVersion: 'admission.k8s.io/v1beta1' }, /not of admission.k8s.io\/v1$/],
    ['without a request', { ...REVIEW, request: null }, /no request/],
    ['that is a list', [REVIEW], /not an AdmissionReview/],
    ['that is null', null, /not an AdmissionReview/],
    ['without a uid', { ...REVIEW, request: { ...REQUEST, uid: '' } }, /request\.uid/],
    ['with a number for a uid', { ...REVIEW, request: { ...REQUEST, uid: 7 } }, /request\.uid/],
    ['with a uid that is too long', { ...REVIEW, request: { ...REQUEST, uid: 'x'.repeat(129) } }, /request\.uid/],
    ['without a kind', { ...REVIEW, request: { ...REQUEST, kind: {} } }, /request\.kind/],
    ['with an unknown operation', { ...REVIEW, request: { ...REQUEST, operation: 'create' } }, /request\.operation/],
    ['with a text for dryRun', { ...REVIEW, request: { ...REQUEST, dryRun: 'true' } }, /request\.dryRun/],
    ['without the object to create', { ...REVIEW, request: { ...REQUEST, object: null } }, /request\.object/],
    ['with a list for an object', { ...REVIEW, request: { ...REQUEST, object: [] } }, /request\.object/],
    ['without the object before an update', { ...REVIEW, request: { ...REQUEST, operation: 'UPDATE' } }, /oldObject/],
    ['with groups that are none', { ...REVIEW, request: { ...REQUEST, userInfo: { groups: [1] } } }, /userInfo/],
  ])('%s is refused', (_what, review, problem) => {
    expect(readReview(bytesOf(review))).toEqual({ problem: expect.stringMatching(problem) as string });
  });

  it('that is no JSON or no UTF-8 is refused without being quoted', () => {
    expect(readReview(Buffer.from('{"secret": hunter2'))).toEqual({ problem: 'the body is not JSON' });
    expect(readReview(Buffer.from([0xff, 0xfe]))).toEqual({ problem: 'the body is not UTF-8' });
    expect(readReview(Buffer.alloc(0))).toEqual({ problem: 'the body is not JSON' });
  });

  it.each(['[]', '{"a":}'])('nested deeper than 256 levels in %s is refused before it is read', (pair) => {
    const nested = (levels: number): object => {
      const opened = pair.slice(0, -1).repeat(levels);
      return { ...reading(`${opened}1${pair.slice(-1).repeat(levels)}`) };
    };
    const deeper = { problem: 'the body is nested deeper than 256 levels' };
    expect(nested(256)).not.toEqual(deeper);
    expect(nested(257)).toEqual(deeper);
    // Far deeper than anybody who goes down by recursion would survive.
    expect(nested(100_000)).toEqual(deeper);
  });

  it.each(['{}', '[]', '1', '""'])('with millions of values such as %s is refused before it is read', (value) => {
    const many = (count: number) => reading(`[${Array(count).fill(value).join(',')}]`);
    const tooMany = { problem: 'the body holds more than 1000000 values' };
    expect(many(1_000_001)).toEqual(tooMany);
    expect(many(300_000)).not.toEqual(tooMany);
  });

  it('is as deep as its values are, whatever its texts look like', () => {
    const texts = [','.repeat(1_000_001), '['.repeat(300), `"${'{'.repeat(300)}`, `\\"${'['.repeat(300)}\\`, 'a\\'];
    const labels = Object.fromEntries(texts.map((text) => [text, text]));
    const object = { metadata: { name: 'checkout', labels } };
    const read = readReview(bytesOf(reviewOf({ ...aRequest(), object })));
    expect(read).toMatchObject({ request: { object } });
  });
});

function reading(text: string): object {
  return readReview(Buffer.from(text));
}

interface Answer {
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: { readonly code: number; readonly message: string };
    readonly warnings?: readonly string[];
    readonly auditAnnotations?: Readonly<Record<string, string>>;
  };
}

function answer(verdict: Parameters<typeof reviewAnswer>[1]): Answer['response'] {
  return (reviewAnswer('u', verdict) as unknown as Answer).response;
}

describe('an answer', () => {
  it('repeats the uid and says no more than it has to', () => {
    expect(reviewAnswer('u', { allowed: true, warnings: [] })).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u', allowed: true },
    });
  });

  it('refuses with a status', () => {
    expect(answer({ allowed: false, message: 'no', warnings: [] }).status).toEqual({
      code: 403,
      reason: 'Forbidden',
      message: 'no',
    });
    expect(answer({ allowed: false, message: 'x'.repeat(10_000), warnings: [] }).status?.message).toHaveLength(8192);
  });

  it('keeps warnings within the limits of the API: length, number, one line each, none twice', () => {
    const long = '\u{1F600}'.repeat(300);
    expect(answer({ allowed: true, warnings: [long] }).warnings).toEqual([long]);
    const several = Array.from({ length: 15 }, (_, at) => `${at}${long}`);
    for (const each of answer({ allowed: true, warnings: several }).warnings ?? []) {
      expect(Array.from(each).length).toBeLessThanOrEqual(256);
      expect(each.isWellFormed()).toBe(true);
    }
    expect(answer({ allowed: true, warnings: ['a\nb', 'a b'] }).warnings).toEqual(['a b']);
    const many = Array.from({ length: 100 }, (_, at) => `${at} ${'x'.repeat(200)}`);
    const warnings = answer({ allowed: true, warnings: many }).warnings ?? [];
    expect(warnings).toHaveLength(16);
    expect(warnings.at(-1)).toBe('85 more warnings are left out');
    expect(warnings.join('').length).toBeLessThanOrEqual(4096);
  });

  it('carries audit annotations whose keys the API takes', () => {
    const auditAnnotations = { policy: 'x'.repeat(2000), 'a/b': 'y', Bad: 'z' };
    expect(answer({ allowed: true, warnings: [], auditAnnotations }).auditAnnotations).toEqual({
      policy: `${'x'.repeat(1021)}...`,
    });
  });
});
