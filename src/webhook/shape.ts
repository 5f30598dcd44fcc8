// SPDX-License-Identifier: Apache-2.0
/**
 * Whether a JSON value has the shape that its type says: what an API server with our CRDs always sends, and what nobody
 * else need keep to. Values are for the validation behind it.
 * @module
 */
import { type FieldError, fieldError } from '../api/field-error.ts';

type Scalar = 'string' | 'boolean' | 'number';
export type Shape = Scalar | { readonly list: Shape } | { readonly map: Scalar } | Fields;
interface Fields {
  readonly fields: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

const TEXTS: Shape = { list: 'string' };
const LABELS: Shape = { map: 'string' };
const REFERENCE: Shape = { fields: { name: 'string' }, required: ['name'] };
const SELECTOR: Shape = {
  fields: {
    matchLabels: LABELS,
    matchExpressions: {
      list: { fields: { key: 'string', operator: 'string', values: TEXTS }, required: ['key', 'operator'] },
    },
  },
};
const AUTHORITY_KEY: Shape = { fields: { ttl: 'string', keyAlgorithm: 'string' } };

const PKCS12: Shape = {
  required: ['passwordSecretRef'],
  fields: { passwordSecretRef: { fields: { name: 'string', key: 'string' }, required: ['name'] }, profile: 'string' },
};
const WORKLOADS: Shape = { list: { fields: { kind: 'string', name: 'string' }, required: ['kind', 'name'] } };

export const SERVICE_IDENTITY_SPEC: Shape = {
  required: ['serviceAccountName'],
  fields: {
    serviceAccountName: 'string',
    trustDomainRef: { fields: { name: 'string' } },
    services: TEXTS,
    dnsNames: TEXTS,
    subject: 'string',
    ttl: 'string',
    privateKey: { fields: { algorithm: 'string' } },
    secret: {
      fields: {
        name: 'string',
        labels: LABELS,
        annotations: LABELS,
        formats: { list: { fields: { type: 'string', pkcs12: PKCS12 }, required: ['type'] } },
        deletionPolicy: 'string',
      },
    },
    mtls: { fields: { allowedClients: TEXTS, allowedServers: TEXTS } },
    reload: {
      required: ['type'],
      fields: {
        type: 'string',
        rollout: { fields: { workloads: WORKLOADS, minInterval: 'string' }, required: ['workloads'] },
      },
    },
    renewRequest: 'string',
    suspend: 'boolean',
  },
};

export const TRUST_DOMAIN_SPEC: Shape = {
  required: ['trustDomain'],
  fields: {
    trustDomain: 'string',
    allowedNamespaces: SELECTOR,
    authority: {
      fields: {
        source: {
          required: ['type'],
          fields: {
            type: 'string',
            selfSigned: { fields: { root: AUTHORITY_KEY, intermediate: AUTHORITY_KEY } },
            imported: { fields: { secretRef: REFERENCE, acknowledgeSharedRoot: 'string' }, required: ['secretRef'] },
          },
        },
      },
    },
    svid: { fields: { defaultTTL: 'string', minTTL: 'string', maxTTL: 'string', shortNames: 'boolean' } },
    rotation: {
      required: ['id', 'action'],
      fields: { id: 'string', action: 'string', reason: 'string', acknowledgeBroken: 'number' },
    },
    propagationMargin: 'string',
    allowedDNS: TEXTS,
    bundle: { fields: { configMapName: 'string', namespaceSelector: SELECTOR, clusterTrustBundle: 'string' } },
  },
};

const PEERS: Shape = { fields: { allowed: TEXTS, denied: TEXTS } };

export const IDENTITY_POLICY_SPEC: Shape = {
  fields: {
    match: { fields: { namespaces: { fields: { names: TEXTS, selector: SELECTOR } }, serviceAccounts: TEXTS } },
    issue: {
      fields: {
        serviceAccounts: TEXTS,
        dnsNames: TEXTS,
        ttl: { fields: { min: 'string', max: 'string' } },
        keyAlgorithms: TEXTS,
        secretFormats: TEXTS,
      },
    },
    mtls: { fields: { mode: 'string', clients: PEERS, servers: PEERS } },
    validations: {
      list: {
        fields: { name: 'string', expression: 'string', message: 'string' },
        required: ['name', 'expression', 'message'],
      },
    },
    enforcement: 'string',
    onViolation: 'string',
  },
};

/** Places that are told: whoever gets past an API server with more of them is told nothing new, and waits for nothing. */
const MAX_ERRORS = 64;

/** The places where the value is of another shape. Fields of no shape are left alone, absent ones are not required. */
export function shapeErrors(path: string, value: unknown, shape: Shape): readonly FieldError[] {
  const errors: FieldError[] = [];
  collect(path, value, shape, errors);
  return errors;
}

/** Adds what is wrong, until there is enough of it. */
function collect(path: string, value: unknown, shape: Shape, errors: FieldError[]): void {
  if (errors.length >= MAX_ERRORS) return;
  if (typeof shape === 'string') {
    if (typeof value === shape) return;
    errors.push(fieldError(path, undefined, `must be a ${shape}`));
  } else if ('list' in shape) {
    collectList(path, value, shape.list, errors);
  } else if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    errors.push(fieldError(path, undefined, 'must be an object'));
  } else if ('map' in shape) {
    for (const [key, member] of membersOf(value)) collect(`${path}[${key}]`, member, shape.map, errors);
  } else collectFields(path, value, shape, errors);
}

function collectList(path: string, value: unknown, item: Shape, errors: FieldError[]): void {
  if (!Array.isArray(value)) {
    errors.push(fieldError(path, undefined, 'must be a list'));
    return;
  }
  for (const [index, each] of (value as readonly unknown[]).entries()) collect(`${path}[${index}]`, each, item, errors);
}

function collectFields(path: string, value: object, { fields, required = [] }: Fields, errors: FieldError[]): void {
  const members = membersOf(value);
  const missing = required.filter((name) => !members.some(([known]) => known === name));
  errors.push(...missing.map((name) => fieldError(`${path}.${name}`, undefined, 'is missing')));
  for (const [name, member] of members) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known !== undefined) collect(`${path}.${name}`, member, known, errors);
  }
}

function membersOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

/** As much of the value as is of the shape, and no other fields; items of lists keep their places. */
export function fitting(value: unknown, shape: Shape): unknown {
  if (typeof shape === 'string') return typeof value === shape ? value : undefined;
  if ('list' in shape) return Array.isArray(value) ? value.map((item) => fitting(item, shape.list) ?? {}) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members: readonly (readonly [string, Shape])[] =
    'map' in shape ? Object.keys(value).map((key) => [key, shape.map]) : Object.entries(shape.fields);
  return Object.fromEntries(
    members.flatMap(([name, member]) => {
      const own: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
      const fits = fitting(own, member);
      return fits === undefined ? [] : [[name, fits]];
    }),
  );
}
