// SPDX-License-Identifier: Apache-2.0
/**
 * Admission requests and reviews for tests, whole unless a test leaves something out.
 * @module
 */

import { NO_AUDIT } from '../../src/observability/audit.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { AdmissionRequest, JSONObject } from '../../src/webhook/admission.ts';
import type { HandlerDeps } from '../../src/webhook/handler.ts';
import { builtInJudge, type JudgeSources } from '../../src/webhook/judge.ts';
import { RareWarnings } from '../../src/webhook/rare-warnings.ts';
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
    user: { username: 'alice', groups: [] },
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

export const NO_SOURCES: JudgeSources = {
  trustDomain: () => undefined,
  liveTrustDomain: () => Promise.resolve(undefined),
  svidAccount: () => undefined,
};

export interface Heard {
  readonly reviews: { readonly kind: string; readonly outcome: string; readonly dryRun: boolean }[];
  readonly refused: number[];
  readonly logged: { readonly message: string; readonly fields: object }[];
}

/** What a handler needs, with the built-in judge, and what it counted and logged. */
export function handlerDeps(sources: Partial<JudgeSources> = {}): {
  deps: HandlerDeps;
  heard: Heard;
  clock: ManualClock;
} {
  const clock = new ManualClock();
  const heard: Heard = { reviews: [], refused: [], logged: [] };
  const log = (message: string, fields: object = {}): void => void heard.logged.push({ message, fields });
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const deps: HandlerDeps = {
    judge: builtInJudge({
      sources: { ...NO_SOURCES, ...sources },
      clusterDomain: 'cluster.local',
      allowedKeyPrefixes: [],
    }),
    clock,
    metrics: {
      review: ({ kind, outcome, dryRun }) => void heard.reviews.push({ kind, outcome, dryRun }),
      refusedRequest: (code) => void heard.refused.push(code),
    },
    logger,
    notReady: () => undefined,
    rare: new RareWarnings(clock, logger),
    audit: NO_AUDIT,
  };
  return { deps, heard, clock };
}
