// SPDX-License-Identifier: Apache-2.0
/**
 * AdmissionReviews: every body gets an answer that an API server takes, or 400; judging never fails, whatever the object
 * is, and the same body gets the same answer.
 * @module
 */
import { compileExpression } from '../../../src/cel/compile.ts';
import { systemClock } from '../../../src/controller/clock.ts';
import { NO_TRACER } from '../../../src/controller/tracer.ts';
import { type Logger } from '../../../src/observability/logger.ts';
import { redact } from '../../../src/observability/redact.ts';
import { compilePolicy } from '../../../src/policy/compile.ts';
import { type Answer, answerReview, type HandlerDeps } from '../../../src/webhook/handler.ts';
import { admissionJudge } from '../../../src/webhook/judge.ts';
import { EVERY_RULE } from '../every-rule.ts';
import { mutateJSON } from '../mutate-json.ts';
import { outcome, promise, promiseSame, type Target } from '../target.ts';

const compiled = compilePolicy('all', EVERY_RULE, compileExpression);
if ('errors' in compiled) throw new Error('the policy of the target is none');
const policy = compiled.value;
/** Where Pods are judged. */
const namespace = { labels: { 'signet.dev/enforce': '' }, annotations: {} };
const trustDomain = { spec: { trustDomain: 'example.org', allowedDNS: ['*.example.com'] } };
const identity = { name: 'i', serviceAccountName: 'checkout', secretName: 'checkout' };

export const target: Target = {
  quick: 100,
  mutators: [mutateJSON],
  tokens: [
    'CREATE',
    'UPDATE',
    'DELETE',
    'ServiceIdentity',
    'TrustDomain',
    'IdentityPolicy',
    'Pod',
    'CronJob',
    'Deployment',
  ].concat(
    ['signet.dev', 'v1alpha1', 'apps', 'batch', 'status', 'ephemeralcontainers', 'deletionTimestamp', 'generateName'],
    ['serviceAccountName', 'dnsNames', 'services', 'ttl', 'formats', 'passwordSecretRef', 'allowedClients', 'labels'],
    ['imported', 'rotation', 'acknowledgeBroken', 'validations', 'expression', 'matchExpressions', 'signet-probe'],
    [
      '*.example.com',
      'spiffe://example.org/ns/*/sa/*',
      '1h',
      '20s',
      'PKCS12',
      'RSA-3072',
      'identity.ttlSeconds < 7',
      '"',
      '\\ud800',
    ],
  ),
  feed: async (input) => {
    const { answer, errors } = await answered(input);
    if (errors.length > 0) throw errors[0];
    const again = await answered(input);
    promiseSame(again.answer, answer, 'the same body gets the same answer');
    if (answer.status === 400) return outcome(answer.body);
    promiseSame([answer.status, answer.type], [200, 'application/json'], 'a review is judged');
    return feedAnswer(input, answer);
  },
};

function feedAnswer(input: Buffer, { body }: Answer): string {
  const { apiVersion, kind, response } = JSON.parse(body) as {
    readonly apiVersion: string;
    readonly kind: string;
    readonly response: {
      readonly uid: string;
      readonly allowed: boolean;
      readonly status?: { readonly message: string; readonly code: number };
      readonly warnings?: readonly string[];
      readonly auditAnnotations?: Readonly<Record<string, string>>;
    };
  };
  const { uid, allowed, status, warnings = [], auditAnnotations = {} } = response;
  const asked = JSON.parse(input.toString()) as { readonly request: { readonly uid: unknown } };
  promiseSame([apiVersion, kind], ['admission.k8s.io/v1', 'AdmissionReview'], 'an answer is a review');
  promiseSame(uid, asked.request.uid, 'an answer is for the request that was asked');
  promiseSame(allowed, status === undefined, 'who is refused is told why, and nobody else');
  const message = status?.message ?? 'none';
  promise(
    message !== '' && message.isWellFormed() && Array.from(message).length <= 8192,
    'a message fits and can be read',
  );
  promise(
    warnings.every((each) => each !== '' && each.isWellFormed() && !/\p{Cc}/u.test(each)),
    'warnings are lines',
  );
  promise(Array.from(warnings.join('')).length <= 4096 && warnings.length <= 16, 'warnings fit');
  promise(
    Object.values(auditAnnotations).every((each) => each.isWellFormed() && Array.from(each).length <= 1024),
    'annotations fit',
  );
  return outcome(allowed, shape(message), Math.min(warnings.length, 4), Object.keys(auditAnnotations).join(','));
}

/** Of a message that quotes names and values of the object. */
function shape(message: string): string {
  const lines = message.split('\n').map((line) => line.replaceAll(/\b(spec|metadata)\.[\w.[\]#-]*/gu, '$1').slice(-60));
  return [lines.length, ...lines.slice(0, 2)].join(' ');
}

async function answered(body: Buffer): Promise<{ readonly answer: Answer; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const write = (_message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    JSON.stringify(redact(fields));
    if ('err' in fields) errors.push(fields['err']);
  };
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  return { answer: await answerReview(body, depsOf(logger)), errors };
}

function depsOf(logger: Logger): HandlerDeps {
  return {
    judge: admissionJudge({
      clusterDomain: 'cluster.local',
      allowedKeyPrefixes: ['example.org'],
      compile: compileExpression,
      sources: {
        trustDomain: (name) => (name === 'default' ? trustDomain : undefined),
        liveTrustDomain: () => Promise.resolve(undefined),
        namespace: () => namespace,
        liveNamespace: () => Promise.resolve(namespace),
        hasPolicies: () => true,
        policies: () => [policy],
        identities: () => [identity],
        liveIdentities: () => Promise.resolve([identity]),
      },
    }),
    clock: systemClock,
    metrics: { review: () => undefined, violation: () => undefined, refusedRequest: () => undefined },
    logger,
    notReady: () => undefined,
    rare: logger,
    lines: () => 0,
    audit: (event) => void JSON.stringify(event),
    tracer: NO_TRACER,
  };
}
