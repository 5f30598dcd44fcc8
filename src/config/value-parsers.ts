// SPDX-License-Identifier: Apache-2.0
/**
 * From the text of one flag to its value, or to what is wrong with it and what to write instead.
 * @module
 */
import { formatDuration, parseDuration } from '../api/duration.ts';
import {
  dnsNameProblem,
  labelKeyProblem,
  MAX_NAME_LENGTH,
  objectNameProblem,
  RESERVED_KEY_PATTERN,
} from '../api/grammar.ts';
import { RELOAD_TYPES, type ReloadType } from '../api/service-identity.ts';
import { parseTrustDomainName } from '../spiffe/trust-domain.ts';
import type { Duration } from '../time.ts';
import type { ListenAddress } from './config.ts';

export type Parsed<T> = { readonly value: T } | { readonly problem: string };
export type ValueParser<T> = (text: string) => Parsed<T>;

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const POD_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
const ADDRESS = /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9.-]*)):(?<port>\d{1,5})$/;

export function text(value: string): Parsed<string> {
  return { value };
}

/** One path. KUBECONFIG may hold several, which are not merged here. */
export function file(value: string): Parsed<string> {
  return value.includes(':') ? { problem: 'must name one file, without ":"' } : { value };
}

export function boolean(value: string): Parsed<boolean> {
  return value === 'true' || value === 'false' ? { value: value === 'true' } : { problem: 'must be true or false' };
}

export function integer(min: number, max: number): ValueParser<number> {
  return (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max
      ? { value: number }
      : { problem: `must be a whole number from ${min} to ${max}` };
  };
}

export function oneOf<T extends string>(values: readonly T[]): ValueParser<T> {
  return (value) => {
    const known = values.find((candidate) => candidate === value);
    return known === undefined ? { problem: `must be one of ${values.join(', ')}` } : { value: known };
  };
}

export function duration(value: string): Parsed<Duration> {
  return parseDuration(value);
}

export function durationFrom(min: Duration): ValueParser<Duration> {
  return (value) => {
    const parsed = parseDuration(value);
    return 'problem' in parsed || parsed.value >= min ? parsed : { problem: `must be at least ${formatDuration(min)}` };
  };
}

/** Checked, and kept as it was written. */
export function durationText(value: string): Parsed<string> {
  const parsed = parseDuration(value);
  return 'problem' in parsed ? parsed : { value };
}

export function trustDomain(value: string): Parsed<string> {
  const parsed = parseTrustDomainName(value);
  return 'problem' in parsed ? { problem: `${parsed.problem}; write a name such as example.org` } : parsed;
}

export function dnsLabel(value: string): Parsed<string> {
  return DNS_LABEL.test(value)
    ? { value }
    : { problem: 'must be a name of lowercase letters, digits and "-", at most 63 characters long' };
}

export function objectName(value: string): Parsed<string> {
  const problem =
    value.length > MAX_NAME_LENGTH ? `must have at most ${MAX_NAME_LENGTH} characters` : objectNameProblem(value);
  return problem === undefined ? { value } : { problem };
}

/** `namespace/name` of two objects, separated by a comma. */
export function twoKeys(value: string): Parsed<readonly [string, string]> {
  const [first = '', second = '', ...more] = value.split(',').map((key) => key.trim());
  const wrong = [first, second].find((key) => !/^[^/]+\/[^/]+$/u.test(key));
  return wrong === undefined && more.length === 0 && first !== second
    ? { value: [first, second] }
    : { problem: 'must be two different ServiceIdentities such as "probes/server,probes/client"' };
}

/** From 0 to 1, as a decimal; Helm writes small ones with an exponent. */
export function ratio(value: string): Parsed<number> {
  const number = /^\d(\.\d+)?(e-\d+)?$/.test(value) ? Number(value) : Number.NaN;
  return number <= 1 ? { value: number } : { problem: 'must be a number from 0 to 1, such as 0.1' };
}

/** Of a collector, with the path of traces. */
export function otlpEndpoint(value: string): Parsed<string> {
  const url = /^https?:\/\//.test(value) ? URL.parse(value) : null;
  if (url === null || url.hash !== '' || url.search !== '')
    return { problem: 'must be an http or https URL such as http://otel-collector.observability:4318' };
  if (url.username !== '' || url.password !== '')
    return { problem: 'must not hold a user or password; set OTEL_EXPORTER_OTLP_HEADERS in the environment instead' };
  if (url.port === '4317')
    return { problem: 'must not be on port 4317, where collectors speak gRPC; OTLP over HTTP is on 4318' };
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return { value: url.href };
}

/** Separated by commas. */
export function objectNames(value: string): Parsed<readonly string[]> {
  return listOf(value, objectName);
}

export function dnsNames(value: string): Parsed<readonly string[]> {
  return listOf(value, (name) => {
    const problem = name.startsWith('*') ? 'must not have a wildcard' : dnsNameProblem(name);
    return problem === undefined ? { value: name } : { problem };
  });
}

function listOf(value: string, parse: ValueParser<string>): Parsed<readonly string[]> {
  const items = [...new Set(value.split(',').map((item) => item.trim()))];
  for (const item of items) {
    const parsed = parse(item);
    if ('problem' in parsed) return { problem: `"${item}" ${parsed.problem}` };
  }
  return { value: items };
}

/** Types of spec.reload, separated by commas. */
export function reloadTypes(value: string): Parsed<readonly ReloadType[]> {
  const names = [...new Set(value.split(',').map((name) => name.trim()))];
  const types = RELOAD_TYPES.filter((type) => names.includes(type));
  if (types.length === names.length) return { value: types };
  return { problem: `must be a list of ${RELOAD_TYPES.join(', ')}` };
}

export function podName(value: string): Parsed<string> {
  return POD_NAME.test(value) ? { value } : { problem: 'must consist of letters, digits, ".", "_" and "-"' };
}

export function dnsDomain(value: string): Parsed<string> {
  if (value.split('.')[0] === 'svc')
    return { problem: 'must not begin with svc: service names of two namespaces would be the same' };
  const problem = value.startsWith('*') ? 'must not have a wildcard' : dnsNameProblem(value);
  return problem === undefined ? { value } : { problem };
}

/** `host:port`, `[::1]:port` or `:port`. */
export function listenAddress(value: string): Parsed<ListenAddress> {
  const groups = ADDRESS.exec(value)?.groups;
  const port = Number(groups?.['port']);
  if (groups === undefined || port > 65_535) {
    return { problem: 'must be host:port or :port, such as ":9402" or "127.0.0.1:9402"; port 0 takes any free one' };
  }
  return { value: { host: groups['six'] ?? (groups['host'] || undefined), port } };
}

/** A list of names of namespaces, separated by commas. */
export function namespaces(value: string): Parsed<readonly string[]> {
  const names = value.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !DNS_LABEL.test(name));
  if (wrong === undefined) return { value: [...new Set(names)] };
  return {
    problem: `must be a list of namespaces such as "shop,web"; ${JSON.stringify(wrong)} is not the name of one`,
  };
}

/** A list of label key prefixes, separated by commas. */
export function keyPrefixes(value: string): Parsed<readonly string[]> {
  const prefixes = value.split(',').map((prefix) => prefix.trim());
  for (const prefix of prefixes) {
    if (prefix === '' || prefix.includes('/') || labelKeyProblem(`${prefix}/name`) !== undefined) {
      return { problem: 'must be a list of DNS names without "/", such as "example.org,reloader.example.com"' };
    }
    if (RESERVED_KEY_PATTERN.test(`${prefix}/name`)) {
      return { problem: `keys under ${prefix} belong to Kubernetes or to Signet and cannot be allowed; leave it out` };
    }
  }
  return { value: [...new Set(prefixes)] };
}
