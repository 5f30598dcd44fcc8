// SPDX-License-Identifier: Apache-2.0
/**
 * What comes back from the API server or from a proxy before it: any body and any header become an error of ours, on one
 * line, bounded, with nothing in it that looks like a key, and with a wait that is one.
 * @module
 */
import { isSignetError } from '../../../src/errors.ts';
import {
  kubeStatus,
  parseRetryAfter,
  safeText,
  statusError,
  transportError,
  watchStatusError,
} from '../../../src/kube/kube-error.ts';
import { listPages } from '../../../src/kube/resource-lists.ts';
import { SECRETS } from '../../../src/kube/resources.ts';
import { redact } from '../../../src/observability/redact.ts';
import { mutateJSON } from '../mutate-json.ts';
import { outcome, plainWords, promise, promiseSame, type Target } from '../target.ts';

const LABEL = { verb: 'create', resource: 'secrets', path: '/api/v1/namespaces/shop/secrets' };
const NOW = Date.UTC(2026, 5, 15);
const LONGEST_WAIT = 300_000;
const CODES = [200, 301, 400, 401, 403, 404, 408, 409, 410, 422, 429, 500, 503, 504];

export const target: Target = {
  mutators: [mutateJSON],
  tokens: [
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    '-----BEGIN ',
    'Bearer ',
    'eyJhbGciOiJSUzI1NiJ9',
    'LS0tLS1CRUdJTi',
  ].concat(
    [
      'Status',
      'AlreadyExists',
      'message',
      'reason',
      'code',
      'details',
      'causes',
      'retryAfterSeconds',
      '429',
      '1e999',
      '120',
      '-1',
      '\n',
      '\u001b[',
    ],
    [
      'Wed, 21 Oct 2026 07:28:00 GMT',
      '2026-10-21',
      '+275760-09-13T00:00:00Z',
      'failed calling webhook',
      '<html>',
      '\ud800',
      'A1b2C3d4'.repeat(5),
    ],
  ),
  feed: async (input) => {
    const text = input.toString('utf8');
    const errors = [
      ...CODES.map((code) => statusError(LABEL, code, text)),
      transportError(LABEL, 'ERR_KUBE_UNAVAILABLE', new Error(text)),
      watchStatusError(LABEL, parsed(text)),
    ];
    for (const error of errors) feedError(error);
    const [header = ''] = text.split('\n');
    const wait = parseRetryAfter(header, NOW);
    promise(
      wait === undefined || (wait >= 0 && wait <= LONGEST_WAIT),
      'a wait is one, and no longer than five minutes',
    );
    JSON.stringify(redact({ err: errors[0], text, nested: parsed(text) }));
    feedText(text);
    const listed = await feedList(parsed(text));
    const { retryAfter, message } = statusError(LABEL, 403, text);
    return outcome(
      listed,
      plainWords(message.slice(80)).split(' ').slice(0, 3),
      retryAfter === undefined,
      wait === undefined,
    );
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A body that is no JSON stands for itself.
    return text;
  }
}

function feedError(error: Error): void {
  promise(isSignetError(error), 'an error is ours');
  const { message } = error;
  promise(message.length < 1000 && !/\p{Cc}/u.test(message), 'a message is one line of bounded length');
  promise(!message.includes('-----BEGIN '), 'a message holds no PEM');
  if (!isSignetError(error)) return;
  const { retryAfter = 0 } = error;
  promise(retryAfter >= 0 && retryAfter <= LONGEST_WAIT, 'a wait of a body is one');
  const status = kubeStatus(error);
  if (status === undefined) return;
  promise(
    status.causes.length <= 16 && status.causes.every((cause) => typeof cause === 'string'),
    'causes are few, and texts',
  );
  promiseSame(typeof status.reason, 'string', 'a reason is a text');
}

/** The body as the answer to a list. */
async function feedList(answer: unknown): Promise<string> {
  const request = async <T>(): Promise<T> => answer as T;
  const transport = {
    request,
    requestBytes: () => Promise.reject(answer),
    stream: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  try {
    for await (const { items } of listPages(transport, SECRETS, {}))
      return outcome('listed', Array.from(items).length > 0);
    return 'no page';
  } catch (error) {
    promise(isSignetError(error, 'ERR_KUBE_PROTOCOL'), 'what is no list is refused as that');
    return 'no list';
  }
}

function feedText(text: string): void {
  const safe = safeText(text);
  promise(!/\p{Cc}/u.test(safe) && safe.length <= 603, 'a text that is safe is a line');
  const run = /[A-Za-z0-9+/=]{40,}/u.exec(safe)?.[0] ?? '';
  promise(!(/[A-Z]/u.test(run) && /[a-z]/u.test(run)), 'a text that is safe holds no base64');
}
