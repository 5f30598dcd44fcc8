// SPDX-License-Identifier: Apache-2.0
/**
 * The shape of an API type, once as a type computed from the TypeScript interface and once as a value computed from
 * the CRD. A constant written down between the two ties them together: the compiler compares it with the interface,
 * the test with the CRD.
 * @module
 */
import type { Condition } from '../../src/api/object-meta.ts';
import type { Schema } from './crd-schema.ts';

type OptionalKeys<T> = { [K in keyof T]-?: Pick<T, K> extends Required<Pick<T, K>> ? never : K }[keyof T];
type RequiredKeys<T> = Exclude<keyof T, OptionalKeys<T>>;
type Fields<T, Keys extends keyof T> = [Keys] extends [never]
  ? Record<string, never>
  : { readonly [K in Keys]-?: Shape<Exclude<T[K], undefined>> };
/** Types and reasons of conditions are open strings in the CRD, so that an older CRD takes a newer controller's. */
type Widened<T> = [T] extends [Condition] ? Condition : T;

/** What a constant must look like to describe T: no field, no enumeration value more or less. */
export type Shape<T> = [T] extends [boolean]
  ? 'boolean'
  : [T] extends [number]
    ? 'integer'
    : [T] extends [string]
      ? string extends T
        ? 'string'
        : { readonly oneOf: { readonly [Value in T]: true } }
      : [T] extends [readonly (infer Item)[]]
        ? { readonly list: Shape<Widened<Item>> }
        : string extends keyof T
          ? { readonly map: Shape<T[keyof T]> }
          : { readonly required: Fields<T, RequiredKeys<T>>; readonly optional: Fields<T, OptionalKeys<T>> };

/** The shape of a schema, in the same words. */
export function shapeOf(schema: Schema): unknown {
  if (schema.enum !== undefined) return { oneOf: Object.fromEntries(schema.enum.map((value) => [value, true])) };
  if (schema.items !== undefined) return { list: shapeOf(schema.items) };
  if (schema.additionalProperties !== undefined) return { map: shapeOf(schema.additionalProperties) };
  if (schema.type !== 'object') return schema.type;
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, shapeOf(field)] as const);
  const isRequired = (name: string) => schema.required?.includes(name) ?? false;
  return {
    required: Object.fromEntries(fields.filter(([name]) => isRequired(name))),
    optional: Object.fromEntries(fields.filter(([name]) => !isRequired(name))),
  };
}
