// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps the status of one IdentityPolicy: counts from the tally, conditions from the spec and the namespaces. Written
 * only if it changed, and seldom: while identities are looked at for the first time, counts would change every moment.
 * @module
 */

import { sameJSON } from '../../api/equality.ts';
import type { IdentityPolicy, IdentityPolicyStatus } from '../../api/identity-policy.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Result } from '../../controller/result.ts';
import type { PolicyBook } from '../../policy/book.ts';
import type { CompiledPolicy } from '../../policy/compile.ts';
import { matchesNamespace } from '../../policy/match.ts';
import { judgesPods } from '../../policy/pod-rules.ts';
import { type Admission, nextPolicyStatus, type PolicyFacts } from '../../policy/status.ts';
import { type Duration, SECOND } from '../../time.ts';
import type { NamespaceFacts } from '../namespace-facts.ts';
import { assertMaySign, type SigningGate } from '../signing-gate.ts';
import type { Tally } from './tally.ts';

export interface PolicyReconcilerDeps {
  readonly policies: { get(name: string): IdentityPolicy | undefined };
  readonly namespaces: { get(name: string): NamespaceFacts | undefined; keys(): Iterable<string> };
  readonly book: PolicyBook;
  readonly tally: Tally;
  /** Namespaces whose Pods are never judged. */
  readonly exempt: ReadonlySet<string>;
  readonly admission: () => Admission;
  /** Why nobody is asked about Pods, and what to do; undefined: somebody is, as far as this process knows. */
  readonly podsUnasked: () => string | undefined;
  /** Whether something was found about every identity. */
  readonly complete: () => boolean;
  readonly gate: SigningGate;
  readonly clock: Clock;
  /** When a status was last written, on the monotonic clock; kept between runs. */
  readonly writtenAt: Map<string, Duration>;
  readonly writeStatus: (policy: IdentityPolicy, status: IdentityPolicyStatus) => Promise<unknown>;
}

/** Shortest time between two writes of one policy's status. */
export const MIN_WRITE_INTERVAL: Duration = 5 * SECOND;
/** How long to wait for identities that were not looked at yet. */
const INCOMPLETE_RECHECK: Duration = 2 * SECOND;

export async function reconcilePolicy(name: string, deps: PolicyReconcilerDeps): Promise<Result> {
  const { policies, book, clock, gate, writtenAt, complete } = deps;
  const policy = policies.get(name);
  const compiled = book.compiled(name);
  if (policy === undefined || compiled === undefined) {
    writtenAt.delete(name);
    return {};
  }
  // A standby has nothing to say; whoever leads looks at every policy.
  if (gate.refusal() !== undefined) return {};
  if (!complete()) return { requeueAfter: INCOMPLETE_RECHECK };
  const inForce = book.inForce(name);
  const facts: PolicyFacts = {
    inForce: inForce !== undefined,
    errors: 'errors' in compiled ? compiled.errors : [],
    ...deps.tally.count(name),
    admissionOnly: inForce === undefined ? [] : admissionOnly(inForce),
    admission: deps.admission(),
    podsUnasked: inForce?.mode === 'Strict' ? deps.podsUnasked() : undefined,
    unenforced: inForce === undefined ? [] : unenforcedBy(inForce, deps),
  };
  const status = nextPolicyStatus(policy, facts, clock.now());
  if (sameJSON(policy.status, status)) return {};
  const waits = (writtenAt.get(name) ?? Number.NEGATIVE_INFINITY) + MIN_WRITE_INTERVAL - clock.monotonic();
  if (waits > 0) return { requeueAfter: waits };
  assertMaySign(gate);
  writtenAt.set(name, clock.monotonic());
  await deps.writeStatus(policy, status);
  return {};
}

/** What of a policy is judged at admission only. */
function admissionOnly({ mode, validations }: CompiledPolicy): readonly string[] {
  const rules = validations
    .filter(({ expression }) => expression.admissionOnly)
    .map(({ name }) => `validations[${name}]`);
  return mode === 'Strict' ? ['mtls.mode: Strict', ...rules] : rules;
}

function unenforcedBy(policy: CompiledPolicy, { namespaces, exempt }: PolicyReconcilerDeps): readonly string[] {
  if (policy.mode !== 'Strict') return [];
  const names: string[] = [];
  for (const name of namespaces.keys()) {
    const facts = namespaces.get(name);
    if (facts === undefined || exempt.has(name) || facts.terminating || judgesPods(facts)) continue;
    if (matchesNamespace(policy, { name, labels: facts.labels })) names.push(name);
  }
  return names.toSorted();
}
