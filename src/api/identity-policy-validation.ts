// SPDX-License-Identifier: Apache-2.0
/**
 * Parses the spec of an IdentityPolicy into its resolved form, or says everything that is wrong with it, CEL excepted:
 * the rules of the CRD once more.
 * @module
 */
import { MAX_SPIFFE_ID_LENGTH } from '../spiffe/id.ts';
import { parseSPIFFEIDPattern, type SPIFFEIDPattern } from '../spiffe/pattern.ts';
import { KEY_ALGORITHMS } from '../spiffe/svid.ts';
import type { Duration } from '../time.ts';
import {
  anyText,
  checkDuration,
  checkList,
  checkOneOf,
  checkSet,
  checkText,
  type Grammar,
  type ItemCheck,
  MIN_LIFETIME,
} from './checks.ts';
import { type DefaultedIdentityPolicySpec, withIdentityPolicyDefaults } from './defaults.ts';
import { type FieldError, fieldError } from './field-error.ts';
import {
  MAX_KIND_NAME_LENGTH,
  MAX_NAME_LENGTH,
  namePatternProblem,
  objectNameProblem,
  peerProblem,
  policyDNSProblem,
  ruleNameProblem,
} from './grammar.ts';
import {
  ENFORCEMENTS,
  type IdentityPolicySpec,
  MTLS_MODES,
  type PeerBounds,
  type PolicyValidation,
  VIOLATION_RESPONSES,
} from './identity-policy.ts';
import type { ResolvedIdentityPolicy, ResolvedPeerBounds } from './resolved.ts';
import { selectorErrors } from './selector-validation.ts';
import { SECRET_FORMATS } from './service-identity.ts';

const MAX_ITEMS = 64;
/** Characters of all peers together. */
const MAX_TOTAL_LENGTH = 32_768;
const MAX_VALIDATIONS = 16;
const MAX_RULE_NAME_LENGTH = 63;
const MAX_EXPRESSION_LENGTH = 2048;
const MAX_MESSAGE_LENGTH = 512;

/** Parses a spec, defaulted or not, of the object with this name; all faults at once, never throws. */
export function parseIdentityPolicySpec(
  spec: IdentityPolicySpec,
  name: string,
): { readonly value: ResolvedIdentityPolicy } | { readonly errors: readonly FieldError[] } {
  const full = withIdentityPolicyDefaults(spec);
  const errors = [
    ...checkText('metadata.name', name, MAX_KIND_NAME_LENGTH, objectNameProblem),
    ...matchErrors(full.match),
    ...issueErrors(full.issue),
    ...checkOneOf('spec.mtls.mode', full.mtls.mode, MTLS_MODES),
    ...peerErrors(full.mtls),
    ...validationErrors(full.validations),
    ...checkOneOf('spec.enforcement', full.enforcement, ENFORCEMENTS),
    ...checkOneOf('spec.onViolation', full.onViolation, VIOLATION_RESPONSES),
  ];
  return errors.length > 0 ? { errors } : { value: resolve(full, name) };
}

function texts(max: number, grammar: Grammar): ItemCheck<string> {
  return (path, item) => checkText(path, item, max, grammar);
}

const checkNamePattern = texts(MAX_NAME_LENGTH, namePatternProblem);

function oneOf(values: readonly string[]): ItemCheck<string> {
  return (path, item) => checkOneOf(path, item, values);
}

function matchErrors(match: IdentityPolicySpec['match']): readonly FieldError[] {
  return [
    ...checkSet('spec.match.namespaces.names', match?.namespaces?.names, MAX_ITEMS, checkNamePattern),
    ...selectorErrors('spec.match.namespaces.selector', match?.namespaces?.selector),
    ...checkSet('spec.match.serviceAccounts', match?.serviceAccounts, MAX_ITEMS, checkNamePattern),
  ];
}

function issueErrors(issue: IdentityPolicySpec['issue']): readonly FieldError[] {
  const { serviceAccounts, dnsNames, ttl, keyAlgorithms, secretFormats } = issue ?? {};
  const lacksPEM = secretFormats !== undefined && !secretFormats.includes('PEM');
  return [
    ...checkSet('spec.issue.serviceAccounts', serviceAccounts, MAX_ITEMS, checkNamePattern),
    ...checkSet('spec.issue.dnsNames', dnsNames, MAX_ITEMS, texts(MAX_NAME_LENGTH, policyDNSProblem)),
    ...ttlErrors(ttl ?? {}),
    ...checkSet('spec.issue.keyAlgorithms', keyAlgorithms, KEY_ALGORITHMS.length, oneOf(KEY_ALGORITHMS)),
    ...checkSet('spec.issue.secretFormats', secretFormats, SECRET_FORMATS.length, oneOf(SECRET_FORMATS)),
    ...(lacksPEM
      ? [
          fieldError(
            'spec.issue.secretFormats',
            undefined,
            'PEM must be part of secretFormats, because every Secret holds it; add PEM',
          ),
        ]
      : []),
  ];
}

function ttlErrors({ min, max }: { readonly min?: string; readonly max?: string }): readonly FieldError[] {
  const least = min === undefined ? undefined : checkDuration('spec.issue.ttl.min', min, MIN_LIFETIME);
  const most = max === undefined ? undefined : checkDuration('spec.issue.ttl.max', max, MIN_LIFETIME);
  const message = 'min must not be longer than max, or no lifetime would be allowed';
  const crossed = least !== undefined && most !== undefined && least.value > most.value;
  return [
    ...(least?.errors ?? []),
    ...(most?.errors ?? []),
    ...(crossed ? [fieldError('spec.issue.ttl', undefined, message)] : []),
  ];
}

function peerErrors({ clients, servers }: DefaultedIdentityPolicySpec['mtls']): readonly FieldError[] {
  const lists = Object.entries({
    'clients.allowed': clients?.allowed,
    'clients.denied': clients?.denied,
    'servers.allowed': servers?.allowed,
    'servers.denied': servers?.denied,
  });
  const total = lists.flatMap(([, list]) => list ?? []).reduce((sum, peer) => sum + peer.length, 0);
  const message = `clients and servers have more than ${MAX_TOTAL_LENGTH} characters in all; use "*" for a path segment, or remove some`;
  return [
    ...lists.flatMap(([name, list]) =>
      checkSet(`spec.mtls.${name}`, list, MAX_ITEMS, texts(MAX_SPIFFE_ID_LENGTH, peerProblem)),
    ),
    ...(total > MAX_TOTAL_LENGTH ? [fieldError('spec.mtls', undefined, message)] : []),
  ];
}

function validationErrors(validations: readonly PolicyValidation[] | undefined): readonly FieldError[] {
  const seen = new Set<string>();
  return checkList('spec.validations', validations, MAX_VALIDATIONS, (path, { name, expression, message }) => {
    const repeated = seen.has(name);
    seen.add(name);
    return [
      ...(repeated ? [fieldError(path, name, 'is the name of another validation; give each its own')] : []),
      ...checkText(`${path}.name`, name, MAX_RULE_NAME_LENGTH, ruleNameProblem),
      ...checkText(`${path}.expression`, expression, MAX_EXPRESSION_LENGTH, anyText),
      ...checkText(`${path}.message`, message, MAX_MESSAGE_LENGTH, anyText),
    ];
  });
}

function resolve(spec: DefaultedIdentityPolicySpec, name: string): ResolvedIdentityPolicy {
  const { match, mtls } = spec;
  return {
    name,
    ...present('namespaceNames', match?.namespaces?.names),
    ...present('namespaceSelector', match?.namespaces?.selector),
    ...present('matchedServiceAccounts', match?.serviceAccounts),
    ...resolveIssue(spec.issue ?? {}),
    mode: mtls.mode,
    clients: resolvePeers(mtls.clients),
    servers: resolvePeers(mtls.servers),
    validations: spec.validations ?? [],
    enforcement: spec.enforcement,
    onViolation: spec.onViolation,
  };
}

function resolveIssue(issue: NonNullable<IdentityPolicySpec['issue']>): Partial<ResolvedIdentityPolicy> {
  return {
    ...present('serviceAccounts', issue.serviceAccounts),
    ...present('dnsNames', issue.dnsNames),
    ...present('minTTL', duration(issue.ttl?.min)),
    ...present('maxTTL', duration(issue.ttl?.max)),
    ...present('keyAlgorithms', issue.keyAlgorithms),
    ...present('secretFormats', issue.secretFormats),
  };
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  // A computed key has no other type than string to the compiler.
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}

/** Of a text that was checked. */
function duration(text: string | undefined): Duration | undefined {
  return text === undefined ? undefined : checkDuration('', text, MIN_LIFETIME).value;
}

function resolvePeers({ allowed, denied }: PeerBounds = {}): ResolvedPeerBounds {
  return { ...present('allowed', allowed?.flatMap(parsed)), denied: denied?.flatMap(parsed) ?? [] };
}

/** Of texts that were checked. */
function parsed(text: string): readonly SPIFFEIDPattern[] {
  const pattern = parseSPIFFEIDPattern(text);
  return 'value' in pattern ? [pattern.value] : [];
}
