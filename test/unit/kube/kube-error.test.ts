// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import {
  kubeStatus,
  parseRetryAfter,
  protocolError,
  safeText,
  statusError,
  transportError,
  watchStatusError,
  webhookUnreachable,
} from '../../../src/kube/kube-error.ts';
import { status } from './scripted-server.ts';

const label = { verb: 'create', resource: 'secrets', path: '/api/v1/namespaces/shop/secrets' };

describe('codes', () => {
  it.each([
    [400, 'BadRequest', 'ERR_KUBE_BAD_REQUEST'],
    [401, 'Unauthorized', 'ERR_KUBE_UNAUTHORIZED'],
    [403, 'Forbidden', 'ERR_KUBE_FORBIDDEN'],
    [404, 'NotFound', 'ERR_KUBE_NOT_FOUND'],
    [405, 'MethodNotAllowed', 'ERR_KUBE_BAD_REQUEST'],
    [408, '', 'ERR_KUBE_TIMEOUT'],
    [409, 'AlreadyExists', 'ERR_KUBE_ALREADY_EXISTS'],
    [409, 'Conflict', 'ERR_KUBE_CONFLICT'],
    [410, 'Expired', 'ERR_KUBE_GONE'],
    [415, 'UnsupportedMediaType', 'ERR_KUBE_BAD_REQUEST'],
    [422, 'Invalid', 'ERR_KUBE_INVALID'],
    [429, 'TooManyRequests', 'ERR_KUBE_THROTTLED'],
    [500, 'InternalError', 'ERR_KUBE_UNAVAILABLE'],
    [503, 'ServiceUnavailable', 'ERR_KUBE_UNAVAILABLE'],
    [504, 'Timeout', 'ERR_KUBE_TIMEOUT'],
    [302, '', 'ERR_KUBE_PROTOCOL'],
  ])('%i %s is %s', (code, reason, expected) => {
    const error = statusError(label, code, JSON.stringify(status(code, reason)));
    expect(error.code).toBe(expected);
    expect(kubeStatus(error)).toEqual({ status: code, reason, causes: [] });
  });

  it('keeps the message and the causes of the API server', () => {
    const details = { causes: [{ reason: 'NamespaceTerminating', message: 'x', field: 'y' }, null, { reason: 3 }] };
    const body = JSON.stringify(status(403, 'Forbidden', 'namespace shop is being terminated', details));
    const error = statusError(label, 403, body);
    expect(error.message).toBe(
      'create secrets /api/v1/namespaces/shop/secrets: 403 Forbidden: namespace shop is being terminated',
    );
    expect(kubeStatus(error)?.causes).toEqual(['NamespaceTerminating', '', '']);
  });

  it('says what to do about credentials that the API server does not know: of a 401 it says a word', () => {
    const error = statusError(label, 401, JSON.stringify(status(401, 'Unauthorized', 'Unauthorized')));
    expect(error.message).toBe(
      'create secrets /api/v1/namespaces/shop/secrets: 401 Unauthorized: the token has expired, or its ServiceAccount was deleted or made anew; restart the pod, or renew the credentials of the kubeconfig',
    );
  });

  it('says nothing of a body that is no Status', () => {
    const error = statusError(label, 502, '<html>hunter2</html>');
    expect(error.code).toBe('ERR_KUBE_UNAVAILABLE');
    expect(error.message).not.toContain('hunter2');
    expect(kubeStatus(error)?.reason).toBe('');
    for (const odd of ['null', '3', '[]', '{"details":null,"reason":{},"message":[]}', '']) {
      expect(statusError(label, 404, odd).code).toBe('ERR_KUBE_NOT_FOUND');
    }
  });

  it('reads the Status of an ERROR watch event', () => {
    expect(watchStatusError(label, status(410, 'Expired', 'too old resource version')).code).toBe('ERR_KUBE_GONE');
    expect(watchStatusError(label, {}).code).toBe('ERR_KUBE_UNAVAILABLE');
    expect(watchStatusError(label, null).code).toBe('ERR_KUBE_UNAVAILABLE');
  });

  it('knows no Status behind other errors', () => {
    expect(kubeStatus(new Error('x'))).toBeUndefined();
    expect(kubeStatus(transportError(label, 'ERR_KUBE_TIMEOUT', 'late'))).toBeUndefined();
    expect(kubeStatus(protocolError(label, 'odd'))).toBeUndefined();
  });
});

describe('a webhook that the API server cannot ask', () => {
  const words = 'Internal error occurred: failed calling webhook "validate.example.com": no endpoints available';
  const answered = (code: number, reason: string, message: string) =>
    statusError(label, code, JSON.stringify(status(code, reason, message)));

  it('is known by the words of the API server', () => {
    const timedOut = `${words}: context deadline exceeded`;
    expect(webhookUnreachable(answered(500, 'InternalError', words))).toBe(true);
    expect(webhookUnreachable(answered(500, 'InternalError', timedOut))).toBe(true);
  });

  it.each([
    ['a trouble of the API server', answered(500, 'InternalError', 'etcdserver: request timed out')],
    ['a server that starts', answered(503, 'ServiceUnavailable', 'apiserver not ready')],
    ['a webhook that was asked and refused', answered(403, 'Forbidden', 'admission webhook "x" denied the request')],
    // Its words are those of whoever denied it, who may quote anything.
    ['a denial that uses the same words', answered(403, 'Forbidden', words)],
    ['an answer that never came', transportError(label, 'ERR_KUBE_UNAVAILABLE', 'read ECONNRESET')],
    ['an error of another kind', new SignetError('ERR_ISSUANCE', words)],
    ['a foreign error', new Error(words)],
    ['nothing', undefined],
  ])('is not %s', (_, error) => {
    expect(webhookUnreachable(error)).toBe(false);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    [undefined, undefined],
    ['1', 1000],
    ['0', 0],
    ['999999999', 300_000],
    ['Thu, 01 Jan 2026 00:00:07 GMT', 7000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('%s', (header, expected) => {
    const wait = parseRetryAfter(header, now);
    // Date.parse takes some texts that RFC 9110 has no use for; all that counts is that the wait is bounded.
    if (header === '-5') expect(wait ?? 0).toBe(0);
    else expect(wait).toBe(expected);
  });

  it('falls back to the Status', () => {
    const body = JSON.stringify(status(500, 'ServerTimeout', 'x', { retryAfterSeconds: 2 }));
    expect(statusError(label, 500, body).retryAfter).toBe(2000);
    expect(statusError(label, 500, body, 500).retryAfter).toBe(500);
  });
});

describe('what never shows', () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\nabc\n-----END PRIVATE KEY-----\n';
  const jwt = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IkFBQSJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlMTIzNDU2Nzg5MA';

  it('redacts keys, tokens and long base64', () => {
    expect(safeText(`refused: ${pem.trim()} indeed`)).toBe('refused: [redacted] indeed');
    expect(safeText(pem.slice(0, 50))).toBe('[redacted]');
    expect(safeText('a -----BEGIN\u007fPRIVATE KEY----- abc')).toBe('a [redacted]');
    expect(safeText(`token ${jwt} refused`)).not.toMatch(/eyJ|c2ln/);
    for (let i = 0; i < 50; i += 1) {
      const secret = createHash('sha512')
        .update(String(i))
        .digest()
        .subarray(i % 40)
        .toString('base64');
      expect(safeText(`in "data":{"tls.key":"${secret}"}`)).not.toContain(secret.slice(0, 20));
    }
  });

  it('leaves what people need', () => {
    const texts = [
      'secrets "checkout-svid" not found',
      'admission webhook "validate.kyverno.svc-fail" denied the request: PodSecurityConfigurationException',
      'exceeded quota: compute, requested: secrets=1, used: secrets=10, limited: secrets=10',
      'serviceidentities.signet.dev "a-rather-long-name-with-many-dashes-0123456789" is forbidden',
      'Operation cannot be fulfilled on secrets "x": the object has been modified; please apply your changes',
    ];
    for (const text of texts) expect(safeText(text)).toBe(text);
  });

  it('is one bounded line', () => {
    const text = safeText(`a\nb\u0000c\u001b[31m${' word'.repeat(10_000)}`);
    expect(text.length).toBeLessThan(700);
    expect(text).not.toMatch(/\p{Cc}/u);
  });

  it('is a reason that somebody between put there', () => {
    const reason = `Always\n${pem}${'word '.repeat(1000)}`;
    for (const error of [
      statusError(label, 403, JSON.stringify({ reason })),
      watchStatusError(label, { code: 410, reason }),
    ]) {
      expect(error.message).toContain('Always');
      expect(error.message.length).toBeLessThan(1000);
      expect(error.message).not.toMatch(/\p{Cc}|BEGIN|MIGH/u);
    }
  });

  it('keeps of a foreign error its message and code only', () => {
    const foreign = Object.assign(new Error('Expected HTTP/'), { code: 'HPE_INVALID_CONSTANT', data: 'hunter2' });
    const error = transportError(label, 'ERR_KUBE_PROTOCOL', foreign);
    expect(error.message).toContain('Expected HTTP/ (HPE_INVALID_CONSTANT)');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });
});
