// SPDX-License-Identifier: Apache-2.0
/**
 * Who judges what at admission, by kind. TrustDomains and policies are judged here: by the rules that their CRDs cannot
 * express, and never by a policy, so that whatever policies forbid can be repaired.
 * @module
 */
import type { IdentityPolicySpec } from '../api/identity-policy.ts';
import type { TrustDomainSpec } from '../api/trust-domain.ts';
import { parseTrustDomainSpec, trustDomainUpdateErrors, trustDomainWarnings } from '../api/trust-domain-validation.ts';
import { GROUP, PROBE_ANNOTATION, PROBE_NAME } from '../api/well-known.ts';
import { compilePolicy } from '../policy/compile.ts';
import { type AdmissionRequest, ALLOWED, type Judge, kindName, type Verdict } from './admission.ts';
import { judgeIdentity } from './judge-identity.ts';
import { judgeWorkload } from './judge-workload.ts';
import { IDENTITY_POLICY_SPEC, TRUST_DOMAIN_SPEC } from './shape.ts';
import type { Rules } from './sources.ts';
import { nameOf, refused, specOf } from './verdict.ts';
import { WORKLOAD_KINDS } from './workload.ts';

const IDENTITY = `ServiceIdentity.${GROUP}`;
const TRUST_DOMAIN = `TrustDomain.${GROUP}`;
const POLICY = `IdentityPolicy.${GROUP}`;
export const JUDGED_KINDS: readonly string[] = [IDENTITY, TRUST_DOMAIN, POLICY, ...WORKLOAD_KINDS];
const NONCE = /^[0-9a-f]{32}$/;

/** The judge of everything that is judged. */
export function admissionJudge(rules: Rules): Judge {
  return {
    kinds: new Set(JUDGED_KINDS),
    review: async (request) => {
      switch (kindName(request.kind)) {
        case IDENTITY:
          return judgeIdentity(request, rules);
        case TRUST_DOMAIN:
          return judgeTrustDomain(request);
        case POLICY:
          return judgePolicy(request, rules);
        default:
          return judgeWorkload(request, rules);
      }
    },
  };
}

function judgeTrustDomain(request: AdmissionRequest): Verdict {
  const name = nameOf(request);
  const spec = specOf<TrustDomainSpec>(request, TRUST_DOMAIN_SPEC);
  if ('errors' in spec) return refused(request, spec.errors);
  const parsed = parseTrustDomainSpec(spec.value, name === '' ? 'generated' : name);
  const changed = spec.before === undefined ? [] : trustDomainUpdateErrors(spec.before, spec.value);
  if ('errors' in parsed) return refused(request, [...parsed.errors, ...changed]);
  if (changed.length > 0) return refused(request, changed);
  // Last, so that the controller's probe has gone all the way.
  return name === PROBE_NAME ? probeAnswer(request) : { allowed: true, warnings: trustDomainWarnings(parsed.value) };
}

/** What the controller asks for to hear that somebody refuses. */
function probeAnswer({ object }: AdmissionRequest): Verdict {
  const { annotations } = (object?.['metadata'] ?? {}) as { readonly annotations?: Readonly<Record<string, unknown>> };
  const nonce = annotations?.[PROBE_ANNOTATION];
  const answer = typeof nonce === 'string' && NONCE.test(nonce) ? `; probe ${nonce}` : '';
  const message = `the name ${PROBE_NAME} is reserved for proving that admission works; choose another${answer}`;
  return { allowed: false, message, warnings: [] };
}

/** Everything that would keep a policy from being in force, expressions compiled. */
function judgePolicy(request: AdmissionRequest, { compile }: Rules): Verdict {
  const spec = specOf<IdentityPolicySpec>(request, IDENTITY_POLICY_SPEC);
  if ('errors' in spec) return refused(request, spec.errors);
  const compiled = compilePolicy(nameOf(request) || 'generated', spec.value, compile);
  return 'errors' in compiled ? refused(request, compiled.errors) : ALLOWED;
}
