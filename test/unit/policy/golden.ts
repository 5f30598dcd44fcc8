// SPDX-License-Identifier: Apache-2.0
/**
 * The golden table: cases in testdata/*.in.yaml, each with the rules its author expects to be broken, and beside them
 * in *.out.yaml the whole decision in the words users read.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { denialMessage, violationText, warningTexts } from '../../../src/policy/message.ts';
import type { PodSpec } from '../../../src/policy/pod-spec.ts';
import type { IdentityFacts, NamespaceView, RequestFacts, Subject } from '../../../src/policy/subject.ts';
import { identitySubject, policiesOf } from './subjects.ts';

interface Case {
  readonly name: string;
  /** Names of the policies of the table that exist. */
  readonly use: readonly string[];
  /** `<effect> <rule>` of each violation, sorted. */
  readonly expect: readonly string[];
  readonly revoke?: boolean;
  readonly objectName?: string;
  readonly namespace?: Omit<NamespaceView, 'annotations'>;
  /** Null: not known. */
  readonly trustDomain?: null;
  readonly identity?: Partial<ServiceIdentitySpec>;
  readonly old?: Partial<ServiceIdentitySpec>;
  readonly request?: Partial<RequestFacts>;
  readonly pod?: PodSpec;
  readonly template?: PodSpec;
  readonly path?: string;
  readonly ephemeralOnly?: true;
}

export interface Table {
  readonly name: string;
  readonly policies: Readonly<Record<string, IdentityPolicySpec>>;
  readonly identities?: readonly IdentityFacts[];
  readonly cases: readonly Case[];
  /** The recorded decisions, by the name of the case; undefined: there is no such file. */
  readonly decisions: Readonly<Record<string, unknown>> | undefined;
}

const TESTDATA = new URL('./testdata/', import.meta.url);

export const TABLES: readonly Table[] = readdirSync(TESTDATA)
  .filter((file) => file.endsWith('.in.yaml'))
  .toSorted()
  .map((file) => {
    const name = file.replace('.in.yaml', '');
    return { ...readYAML(file), name, decisions: readYAML(`${name}.out.yaml`) };
  });

/** What is in it is for whoever reads it to say. */
function readYAML(file: string) {
  return parse(readFileSync(new URL(file, TESTDATA), 'utf8'));
}

const NAMESPACE: NamespaceView = {
  name: 'shop',
  labels: { team: 'pay', tier: 'web', 'signet.dev/enforce': '' },
  annotations: { 'example.org/owner': 'pay' },
};

/** The decision about a case: as its author wrote it down in short, and in words. */
export function decide({ policies, identities = [] }: Table, one: Case) {
  const subject = subjectOf(one, identities);
  const decision = evaluate(policiesOf(policies, one.use), subject);
  const { allowed, revoke, matched, violations } = decision;
  const warnings = warningTexts(decision);
  const audited = violations.filter(({ effect }) => effect === 'Audit').map(violationText);
  return {
    broken: violations.map(({ effect, rule }) => `${effect} ${rule}`).toSorted(),
    revoke,
    matched,
    allowed,
    words: {
      allowed,
      ...(allowed ? {} : { denial: denialMessage(decision, subject.kind) }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(audited.length === 0 ? {} : { audited }),
      ...(revoke ? { revoke } : {}),
      ...(violations.some(({ absence }) => absence) ? { absence: true } : {}),
    },
  };
}

function subjectOf(one: Case, identities: readonly IdentityFacts[]): Subject {
  const namespace = one.namespace === undefined ? NAMESPACE : { ...one.namespace, annotations: {} };
  const spec = one.pod ?? one.template;
  if (spec === undefined) {
    return identitySubject({
      spec: one.identity ?? {},
      namespace,
      name: one.objectName,
      trustDomain: one.trustDomain !== null,
      request: one.request,
      old: one.old,
    });
  }
  const kind = one.pod === undefined ? 'PodTemplate' : 'Pod';
  const path = one.path ?? (kind === 'Pod' ? 'spec' : 'spec.template.spec');
  const ephemeral = one.ephemeralOnly === undefined ? {} : { ephemeralOnly: one.ephemeralOnly };
  return { kind, name: 'case', namespace, spec, path, identities, ...ephemeral };
}
