// SPDX-License-Identifier: Apache-2.0
/**
 * Admission requests and reviews for tests, whole unless a test leaves something out.
 * @module
 */

import { compileExpression } from '../../src/cel/compile.ts';
import { NO_TRACER } from '../../src/controller/tracer.ts';

import { NO_AUDIT } from '../../src/observability/audit.ts';
import { lineRates } from '../../src/observability/line-rates.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { sampled } from '../../src/observability/sampling.ts';
import type { AdmissionRequest, JSONObject, Judge } from '../../src/webhook/admission.ts';
import { type HandlerDeps, RARE, REFUSALS } from '../../src/webhook/handler.ts';
import { admissionJudge } from '../../src/webhook/judge.ts';
import type { JudgeSources } from '../../src/webhook/sources.ts';
import { ManualClock } from './manual-clock.ts';

const IDENTITY_KIND = { group: 'signet.dev', version: 'v1alpha1', kind: 'ServiceIdentity' } as const;
export const TRUST_DOMAIN_KIND = { group: 'signet.dev', version: 'v1alpha1', kind: 'TrustDomain' } as const;

export function aRequest(more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'f0b1c2',
    kind: IDENTITY_KIND,
    operation: 'CREATE',
    subResource: undefined,
    name: 'checkout',
    namespace: 'shop',
    user: { username: 'alice', uid: 'u-1', groups: [] },
    object: anObject({ serviceAccountName: 'checkout' }),
    oldObject: undefined,
    dryRun: false,
    ...more,
  };
}

export function anObject(spec: unknown, metadata: object = {}): JSONObject {
  return { apiVersion: 'signet.dev/v1alpha1', kind: 'x', metadata: { name: 'checkout', ...metadata }, spec };
}

/** The review as an API server sends it. */
export function reviewOf({ user, ...request }: AdmissionRequest): JSONObject {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { ...request, userInfo: user } };
}

export function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

const NO_SOURCES: JudgeSources = {
  trustDomain: () => undefined,
  liveTrustDomain: () => Promise.resolve(undefined),
  namespace: () => ({ labels: {}, annotations: {} }),
  liveNamespace: () => Promise.resolve({ labels: {}, annotations: {} }),
  hasPolicies: () => false,
  policies: () => [],
  identities: () => [],
  liveIdentities: () => Promise.resolve([]),
};

/** The judge of everything, over these sources. */
export function aJudge(sources: Partial<JudgeSources> = {}): Judge {
  const all = { ...NO_SOURCES, ...sources };
  return admissionJudge({
    sources: all,
    clusterDomain: 'cluster.local',
    allowedKeyPrefixes: [],
    compile: compileExpression,
  });
}

export interface Heard {
  readonly reviews: { readonly kind: string; readonly outcome: string; readonly dryRun: boolean }[];
  readonly refused: number[];
  readonly violations: { readonly policy: string | undefined; readonly rule: string }[];
  readonly logged: { readonly message: string; readonly fields: object }[];
}

/** What a handler needs, with the built-in judge, and what it counted and logged. */
export function handlerDeps(sources: Partial<JudgeSources> = {}): {
  deps: HandlerDeps;
  heard: Heard;
  clock: ManualClock;
} {
  const clock = new ManualClock();
  const heard: Heard = { reviews: [], refused: [], violations: [], logged: [] };
  const log = (message: string, fields: object = {}): void => void heard.logged.push({ message, fields });
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const deps: HandlerDeps = {
    judge: aJudge(sources),
    clock,
    metrics: {
      review: ({ kind, outcome, dryRun }) => void heard.reviews.push({ kind, outcome, dryRun }),
      violation: ({ policy, rule }) => void heard.violations.push({ policy, rule }),
      refusedRequest: (code) => void heard.refused.push(code),
    },
    logger,
    notReady: () => undefined,
    rare: sampled(logger, { clock, ...RARE }),
    lines: lineRates(REFUSALS, clock),
    audit: NO_AUDIT,
    tracer: NO_TRACER,
  };
  return { deps, heard, clock };
}
