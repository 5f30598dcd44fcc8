// SPDX-License-Identifier: Apache-2.0
/**
 * The rules of `spec.secret.formats`: which files a Secret holds, and what a format needs besides its name.
 * @module
 */

import { checkOneOf, checkSet, checkText } from './checks.ts';
import { DEFAULT_PASSWORD_KEY } from './defaults.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { MAX_NAME_LENGTH, objectNameProblem, SECRET_KEY_PATTERN } from './grammar.ts';
import type { PasswordSource } from './resolved.ts';
import { PKCS12_PROFILES, SECRET_FORMATS, type SecretFormat } from './service-identity.ts';

/** Every fault of the formats, with their defaults. */
export function formatErrors(formats: readonly SecretFormat[]): readonly FieldError[] {
  const types = formats.map(({ type }) => type);
  return [
    ...checkSet('spec.secret.formats', types, SECRET_FORMATS.length, (path, item) =>
      checkOneOf(`${path}.type`, item, SECRET_FORMATS),
    ),
    ...(types.includes('PEM')
      ? []
      : [fieldError('spec.secret.formats', undefined, 'PEM must be part of formats; add {type: PEM}')]),
    ...formats.flatMap((format, index) => memberErrors(`spec.secret.formats[${index}]`, format)),
  ];
}

/** Where the password is, of formats that may lack their defaults or be invalid; undefined where none is needed. */
export function passwordSource(formats: readonly SecretFormat[]): PasswordSource | undefined {
  const ref = formats.find(({ type }) => type === 'PKCS12')?.pkcs12?.passwordSecretRef;
  return ref && { name: ref.name, key: ref.key ?? DEFAULT_PASSWORD_KEY };
}

function memberErrors(path: string, { type, pkcs12 }: SecretFormat): readonly FieldError[] {
  if (type === 'PKCS12' && pkcs12 === undefined)
    return [fieldError(path, undefined, 'type PKCS12 needs pkcs12.passwordSecretRef.name; add it')];
  if (pkcs12 === undefined) return [];
  if (type !== 'PKCS12')
    return [fieldError(path, undefined, `pkcs12 is only for type PKCS12, not for ${type}; remove it`)];
  const { name, key = '' } = pkcs12.passwordSecretRef;
  return [
    ...checkText(`${path}.pkcs12.passwordSecretRef.name`, name, MAX_NAME_LENGTH, objectNameProblem),
    ...checkText(`${path}.pkcs12.passwordSecretRef.key`, key, MAX_NAME_LENGTH, secretKeyProblem),
    ...checkOneOf(`${path}.pkcs12.profile`, pkcs12.profile ?? '', PKCS12_PROFILES),
  ];
}

function secretKeyProblem(text: string): string | undefined {
  if (SECRET_KEY_PATTERN.test(text)) return undefined;
  return 'must be a key that a Secret can have: letters, digits, "-", "_" and "."';
}
