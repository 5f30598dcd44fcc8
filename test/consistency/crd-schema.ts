// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the CRDs for consistency tests: their schemas, a walk over every node, and the defaulting of the API server.
 * @module
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

export interface CustomResource {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly version: string;
  readonly schema: Schema;
}

interface Manifest {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** The CRD of this plural, by its only version. */
export function readCustomResource(plural: 'serviceidentities' | 'trustdomains' | 'identitypolicies'): CustomResource {
  const file = new URL(`../../crds/signet.dev_${plural}.yaml`, import.meta.url);
  const { spec }: Manifest = parse(readFileSync(file, 'utf8'));
  const [version, ...others] = spec.versions;
  if (version === undefined || others.length > 0) throw new Error(`${plural} has not exactly one version`);
  return { group: spec.group, ...spec.names, version: version.name, schema: version.schema.openAPIV3Schema };
}

/** The schema at a path such as `spec.secret.formats[].type`. */
export function schemaAt(root: Schema, path: string): Schema {
  const found = [...nodes(root)].find((node) => node.path === path);
  if (found === undefined) throw new Error(`the CRD has no field ${path}`);
  return found.schema;
}

/** Every node below the root but `metadata`, with its path; items are `[]`, values of a map `{}`. */
export function* nodes(schema: Schema, path = ''): Generator<{ path: string; schema: Schema }> {
  if (path !== '') yield { path, schema };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (path === '' && name === 'metadata') continue;
    yield* nodes(property, path === '' ? name : `${path}.${name}`);
  }
  if (schema.items !== undefined) yield* nodes(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* nodes(schema.additionalProperties, `${path}{}`);
}

/** The value as the API server stores it: absent properties with a default are filled in, from the outside inwards. */
export function defaulted(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (schema.items ? defaulted(schema.items, item) : item));
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const present = Object.hasOwn(result, name) ? result[name] : structuredClone(property.default);
    if (present !== undefined) result[name] = defaulted(property, present);
  }
  return result;
}
