// SPDX-License-Identifier: Apache-2.0
/**
 * Judges Pods and what makes Pods: an SVID is for Pods of its own service account, and where a policy says Strict, every
 * Pod carries one. Whoever may create Pods in a namespace can take any of its Secrets; this prevents mistakes.
 * @module
 */
import { type Decision, evaluate } from '../policy/evaluate.ts';
import { violationText } from '../policy/message.ts';
import { judgesPods } from '../policy/pod-rules.ts';
import { secretReferences } from '../policy/pod-spec.ts';
import { type IdentityFacts, type PodSubject, podServiceAccount } from '../policy/subject.ts';
import { type AdmissionRequest, ALLOWED, type Verdict } from './admission.ts';
import { type Rules, type SeenNamespace, seeLiveNamespace, seeNamespace } from './sources.ts';
import { judged, nameOf } from './verdict.ts';
import { type Workload, withoutOldContainers, workloadOf } from './workload.ts';

const EPHEMERAL = 'ephemeralcontainers';

export async function judgeWorkload(request: AdmissionRequest, rules: Rules): Promise<Verdict> {
  const workload = workloadOf(request.kind, request.object);
  if (workload === undefined) return ALLOWED;
  const decision = await decided(podOf(workload, request), request.namespace ?? '', rules);
  const verdict = judged(request, withoutTold(decision), { errors: [], warnings: [] });
  const told = decision.violations.filter(({ deniesPods }) => deniesPods);
  const warnings = [
    ...told.map((violation) => `its Pods will be refused: ${violationText(violation)}`),
    ...verdict.warnings,
  ];
  return { ...verdict, warnings, violations: decision.violations };
}

type Pod = Omit<PodSubject, 'namespace' | 'identities'>;

function podOf({ template, path, spec }: Workload, request: AdmissionRequest): Pod {
  const common = { kind: template ? 'PodTemplate' : 'Pod', name: nameOf(request), path } as const;
  if (request.subResource !== EPHEMERAL) return { ...common, spec };
  const before = workloadOf(request.kind, request.oldObject)?.spec ?? {};
  return { ...common, spec: withoutOldContainers(spec, before), ephemeralOnly: true };
}

/** What rests on a label or an identity that is not there is looked at once more as it is now, before anybody hears of it. */
async function decided(pod: Pod, namespace: string, { sources }: Rules): Promise<Decision> {
  const account = podServiceAccount(pod.spec);
  const secrets = new Set(secretReferences(pod.spec).map(({ secretName }) => secretName));
  const known = sources.identities(namespace, account, secrets);
  const decide = ({ facts }: SeenNamespace, identities: readonly IdentityFacts[]): Decision => {
    const { labels, annotations } = facts;
    return evaluate(sources.policies(namespace, facts), {
      ...pod,
      namespace: { name: namespace, labels, annotations },
      identities,
    });
  };
  const seen = await seeNamespace(namespace, sources, judgesPods);
  const decision = decide(seen, known);
  if (!decision.violations.some(({ absence, effect }) => absence && effect !== 'Audit')) return decision;
  const [now, own] = await Promise.all([
    seen.live ? seen : seeLiveNamespace(namespace, sources),
    sources.liveIdentities(namespace, account),
  ]);
  return decide(now, [...known.filter(({ serviceAccountName }) => serviceAccountName !== account), ...own]);
}

/** Without what is said about a template in other words. */
function withoutTold(decision: Decision): Decision {
  return { ...decision, violations: decision.violations.filter(({ deniesPods }) => deniesPods !== true) };
}
