// SPDX-License-Identifier: Apache-2.0
/**
 * Checks where a TrustDomain's authority comes from: the member that its type names, no other, and what stands in it.
 * @module
 */
import { KEY_ALGORITHMS } from '../spiffe/svid.ts';
import { checkOneOf, checkText } from './checks.ts';
import { DEFAULT_SELF_SIGNED, type DefaultedTrustDomainSpec } from './defaults.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { fingerprintProblem, MAX_NAME_LENGTH, objectNameProblem } from './grammar.ts';
import type { ResolvedSource } from './resolved.ts';
import { AUTHORITY_SOURCES } from './trust-domain.ts';

export type DefaultedSource = DefaultedTrustDomainSpec['authority']['source'];

const SOURCE = 'spec.authority.source';
const FINGERPRINT_LENGTH = 64;

/** Every fault of a source, at its place. */
export function sourceErrors(source: DefaultedSource): readonly FieldError[] {
  return [
    ...checkOneOf(`${SOURCE}.type`, source.type, AUTHORITY_SOURCES),
    ...memberErrors(source),
    ...selfSignedErrors(source),
    ...importedErrors(source),
  ];
}

/** The source of a spec without faults. */
export function resolveSource({ type, imported }: DefaultedSource): ResolvedSource {
  if (type !== 'Imported' || imported === undefined) return { type: 'SelfSigned' };
  const { secretRef, acknowledgeSharedRoot } = imported;
  const acknowledged = acknowledgeSharedRoot === undefined ? {} : { acknowledgedRoot: acknowledgeSharedRoot };
  return { type, secretName: secretRef.name, ...acknowledged };
}

function memberErrors({ type, selfSigned, imported }: DefaultedSource): readonly FieldError[] {
  const wrong = [
    {
      member: 'selfSigned',
      fails: (type === 'SelfSigned') !== (selfSigned !== undefined),
      message: 'must be set for type SelfSigned, and for no other; write "selfSigned: {}" for its defaults',
    },
    {
      member: 'imported',
      fails: (type === 'Imported') !== (imported !== undefined),
      message: 'must be set for type Imported, and for no other; name the Secret in imported.secretRef.name',
    },
  ].filter(({ fails }) => fails);
  return wrong.map(({ member, message }) => fieldError(`${SOURCE}.${member}`, undefined, message));
}

function selfSignedErrors({ selfSigned }: DefaultedSource): readonly FieldError[] {
  const { root, intermediate } = selfSigned ?? DEFAULT_SELF_SIGNED;
  return [
    ...checkOneOf(`${SOURCE}.selfSigned.root.keyAlgorithm`, root.keyAlgorithm, KEY_ALGORITHMS),
    ...checkOneOf(`${SOURCE}.selfSigned.intermediate.keyAlgorithm`, intermediate.keyAlgorithm, KEY_ALGORITHMS),
  ];
}

function importedErrors({ imported }: DefaultedSource): readonly FieldError[] {
  if (imported === undefined) return [];
  const { secretRef, acknowledgeSharedRoot } = imported;
  const acknowledge = `${SOURCE}.imported.acknowledgeSharedRoot`;
  return [
    ...checkText(`${SOURCE}.imported.secretRef.name`, secretRef.name, MAX_NAME_LENGTH, objectNameProblem),
    ...(acknowledgeSharedRoot === undefined
      ? []
      : checkText(acknowledge, acknowledgeSharedRoot, FINGERPRINT_LENGTH, fingerprintProblem)),
  ];
}
