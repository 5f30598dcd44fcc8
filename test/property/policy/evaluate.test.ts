// SPDX-License-Identifier: Apache-2.0
/**
 * Laws of the evaluator over arbitrary policies and identities.
 * @module
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import { type ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { compileExpression } from '../../../src/cel/compile.ts';
import { type CompiledPolicy, compilePolicy } from '../../../src/policy/compile.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { denialMessage } from '../../../src/policy/message.ts';
import type { PodSpec } from '../../../src/policy/pod-spec.ts';
import type { PodSubject, Subject } from '../../../src/policy/subject.ts';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import { identitySubject } from '../../unit/policy/subjects.ts';

const names = fc.subarray(['checkout', 'cart', 'che*', '*', 'web-*']);
const peers = fc.subarray([
  'spiffe://example.org/ns/web/sa/a',
  'spiffe://example.org/ns/*/sa/a',
  'spiffe://example.org/ns/web/sa/*',
  'spiffe://other.org/ns/web/sa/a',
]);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const expressions = fc.constantFrom(
  'identity.ttlSeconds < 7200',
  'size(identity.spec.services) > 0',
  "namespaceObject.metadata.labels['team'] == 'pay'",
  "request.userInfo.groups.exists(g, g == 'admins')",
  'oldIdentity == null',
  'false',
);

/** Without the fields that are undefined; whoever calls it says what that makes of it. */
function defined(value: object) {
  return JSON.parse(JSON.stringify(value));
}

const spec: fc.Arbitrary<IdentityPolicySpec> = fc
  .record({
    match: optional(
      fc.record({
        namespaces: optional(
          fc.record({
            names: optional(fc.subarray(['shop', 's*', 'other'])),
            selector: optional(fc.constantFrom({}, { matchLabels: { team: 'pay' } }, { matchLabels: { team: 'x' } })),
          }),
        ),
        serviceAccounts: optional(names),
      }),
    ),
    issue: optional(
      fc.record({
        serviceAccounts: optional(names),
        dnsNames: optional(fc.subarray(['*.{namespace}.svc', 'api.example.org', '*.example.org'])),
        ttl: optional(fc.constantFrom({ max: '30m' }, { min: '2h' }, { min: '30m', max: '2h' })),
        keyAlgorithms: optional(fc.subarray([...KEY_ALGORITHMS])),
        secretFormats: optional(fc.constantFrom(['PEM' as const], ['PEM' as const, 'CombinedPEM' as const])),
      }),
    ),
    mtls: optional(
      fc.record({
        mode: optional(fc.constantFrom('Strict' as const, 'Permissive' as const)),
        clients: optional(fc.record({ allowed: optional(peers), denied: optional(peers) })),
        servers: optional(fc.record({ allowed: optional(peers), denied: optional(peers) })),
      }),
    ),
    validations: optional(expressions.map((expression) => [{ name: 'rule', expression, message: 'mend it' }])),
    enforcement: optional(fc.constantFrom('Enforce' as const, 'Warn' as const, 'Audit' as const)),
    onViolation: optional(fc.constantFrom('Revoke' as const, 'KeepUntilRenewal' as const)),
  })
  .map((one): IdentityPolicySpec => defined(one));

const policies = fc.array(spec, { maxLength: 6 }).map((specs) => specs.map((one, index) => policy(one, `p${index}`)));

function policy(one: IdentityPolicySpec, name: string): CompiledPolicy {
  const compiled = compilePolicy(name, one, compileExpression);
  if ('errors' in compiled) throw new Error(JSON.stringify(compiled.errors));
  return compiled.value;
}

const namespace = fc.constantFrom(
  { name: 'shop', labels: { team: 'pay', 'signet.dev/enforce': '' }, annotations: {} },
  { name: 'shop', labels: {}, annotations: {} },
  { name: 'other', labels: { 'signet.dev/enforce': 'true' }, annotations: {} },
);

const identity: fc.Arbitrary<Subject> = fc
  .record({
    namespace,
    trustDomain: fc.boolean(),
    request: optional(fc.record({ groups: fc.subarray(['admins', 'devs']) })),
    spec: fc
      .record({
        serviceAccountName: fc.constantFrom('checkout', 'cart', 'web-front'),
        services: optional(fc.subarray(['checkout', 'cart'])),
        dnsNames: optional(fc.subarray(['api.example.org', 'a.b.example.org', '*.example.org'])),
        ttl: optional(fc.constantFrom('20m', '1h', '3h')),
        privateKey: optional(fc.record({ algorithm: fc.constantFrom(...KEY_ALGORITHMS) })),
        mtls: optional(fc.record({ allowedClients: optional(peers), allowedServers: optional(peers) })),
      })
      .map((one): Partial<ServiceIdentitySpec> => defined(one)),
  })
  .map(identitySubject);

const pod: fc.Arbitrary<PodSubject> = fc.record({
  kind: fc.constant('Pod'),
  name: fc.constant('pod'),
  namespace,
  path: fc.constant('spec'),
  identities: fc.subarray([
    { name: 'a', serviceAccountName: 'checkout', secretName: 'checkout-svid' },
    { name: 'b', serviceAccountName: 'cart', secretName: 'cart-svid' },
  ]),
  spec: fc
    .record({
      serviceAccountName: optional(fc.constantFrom('checkout', 'cart')),
      volumes: optional(
        fc
          .subarray(['checkout-svid', 'cart-svid', 'other'])
          .map((secrets) => secrets.map((secretName) => ({ name: secretName, secret: { secretName } }))),
      ),
      containers: optional(fc.constant([{ name: 'c', volumeMounts: [{ name: 'checkout-svid' }] }])),
    })
    .map((one): PodSpec => defined(one)),
});

const subject: fc.Arbitrary<Subject> = fc.oneof(identity, pod);

const RANK = { Audit: 0, Warn: 1, Deny: 2 } as const;

describe('evaluate', () => {
  it('does not care about the order of policies', () => {
    fc.assert(
      fc.property(policies, subject, fc.nat(), (all, one, turn) => {
        const rotated = [...all.slice(turn % (all.length + 1)), ...all.slice(0, turn % (all.length + 1))];
        expect(evaluate(rotated, one)).toEqual(evaluate(all, one));
        expect(evaluate(all.toReversed(), one)).toEqual(evaluate(all, one));
      }),
    );
  });

  it('never allows more for a further policy', () => {
    fc.assert(
      fc.property(policies, spec, subject, (all, more, one) => {
        const [before, after] = [evaluate(all, one), evaluate([...all, policy(more, 'more')], one)];
        expect(after.violations).toEqual(expect.arrayContaining([...before.violations]));
        if (!before.allowed) expect(after.allowed).toBe(false);
        if (before.revoke) expect(after.revoke).toBe(true);
      }),
    );
  });

  it('denies nothing by policies that warn or audit', () => {
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 5 }), identity, fc.boolean(), (specs, one, warn) => {
        const enforcement = warn ? 'Warn' : 'Audit';
        const decision = evaluate(
          specs.map((each, index) => policy({ ...each, enforcement }, `p${index}`)),
          one,
        );
        expect(decision).toMatchObject({ allowed: true, revoke: false });
      }),
    );
  });

  it('judges alike whatever the enforcement; only the effect differs', () => {
    fc.assert(
      fc.property(spec, subject, (one, about) => {
        const [enforced, audited] = (['Enforce', 'Audit'] as const).map((enforcement) =>
          evaluate([policy({ ...one, enforcement }, 'p')], about).violations.map((violation) => ({
            ...violation,
            effect: undefined,
          })),
        );
        expect(audited).toEqual(enforced);
      }),
    );
  });

  it('is not moved by a policy that does not match', () => {
    fc.assert(
      fc.property(policies, spec, subject, (all, other, one) => {
        const elsewhere = { ...other, match: { namespaces: { names: ['nowhere'] } } };
        expect(evaluate([...all, policy(elsewhere, 'elsewhere')], one)).toEqual(evaluate(all, one));
      }),
    );
  });

  it('says all that a person needs, and takes the strictest effect', () => {
    fc.assert(
      fc.property(policies, subject, (all, one) => {
        const decision = evaluate(all, one);
        const strictest = Math.max(0, ...decision.violations.map(({ effect }) => RANK[effect]));
        expect(decision.allowed).toBe(strictest < RANK.Deny);
        for (const { policy: by, rule, path, message, remedy } of decision.violations) {
          expect(by === undefined || decision.matched.includes(by)).toBe(true);
          for (const text of [rule, path, message, remedy]) expect(text).not.toBe('');
        }
        if (!decision.allowed) expect(denialMessage(decision, 'It').split('\n').length).toBeGreaterThan(1);
      }),
    );
  });

  it('never refuses a template', () => {
    fc.assert(
      fc.property(policies, pod, (all, one) => {
        expect(evaluate(all, { ...one, kind: 'PodTemplate' }).allowed).toBe(true);
      }),
    );
  });
});
