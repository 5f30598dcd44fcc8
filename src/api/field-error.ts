// SPDX-License-Identifier: Apache-2.0
/**
 * What is wrong with one field of a resource: a value, reported together with all others, never thrown.
 * @module
 */

export interface FieldError {
  /** As the API server spells it: `spec.dnsNames[0]`. */
  readonly path: string;
  /** The value as the user wrote it, cut to what a message can hold; undefined where there is none or it says nothing. */
  readonly value: string | undefined;
  /** What is wrong and what to do; reads on after the path. */
  readonly message: string;
}

const MAX_VALUE_LENGTH = 80;

export function fieldError(path: string, value: string | undefined, message: string): FieldError {
  const long = value !== undefined && value.length > MAX_VALUE_LENGTH;
  return { path, value: long ? `${value.slice(0, MAX_VALUE_LENGTH)}...` : value, message };
}

/** All faults in one line, for conditions and admission responses. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  return errors.map(formatFieldError).join('; ');
}

function formatFieldError({ path, value, message }: FieldError): string {
  return value === undefined ? `${path}: ${message}` : `${path} ${JSON.stringify(value)}: ${message}`;
}
