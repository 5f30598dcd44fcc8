// SPDX-License-Identifier: Apache-2.0
/**
 * The grammar of every string in a spec that is not a duration: each pattern is the one in the CRDs, each function says
 * in words what is wrong with a text.
 * @module
 */
import { parseSPIFFEIDPattern } from '../spiffe/pattern.ts';

/** A Kubernetes object name of most kinds (RFC 1123 subdomain). */
export const OBJECT_NAME_PATTERN: RegExp = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** One DNS label. Services may begin with a digit since Kubernetes relaxed their names (KEP-5311). */
export const SERVICE_NAME_PATTERN: RegExp = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** A lowercase host name (RFC 1123), or one with a wildcard as its whole leftmost label (RFC 6125 6.4.3). */
export const DNS_NAME_PATTERN: RegExp =
  /^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** A last label of digits alone makes an IPv4 literal out of a name (RFC 1123 2.1). */
export const NUMERIC_LAST_LABEL_PATTERN: RegExp = /(^|\.)[0-9]+$/;
/** A SHA-256 as our status fields and messages write it. */
export const FINGERPRINT_PATTERN: RegExp = /^[0-9a-f]{64}$/;
export const LABEL_VALUE_PATTERN: RegExp = /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$/;
/** A name, or a pattern with one `*` for any characters. */
export const NAME_PATTERN_PATTERN: RegExp = /^([a-z0-9.-]+|[a-z0-9.-]*\*[a-z0-9.-]*)$/;
/** Labels of DNS names in a policy: `*`, or letters, digits, `-` and placeholders. */
export const POLICY_DNS_PATTERN: RegExp =
  /^(\*|([a-z0-9-]|\{namespace\}|\{serviceAccount\}|\{clusterDomain\})+)(\.(\*|([a-z0-9-]|\{namespace\}|\{serviceAccount\}|\{clusterDomain\})+))*$/;
/** A name of one label, such as that of a validation. */
export const RULE_NAME_PATTERN: RegExp = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
/** Prefixes of label and annotation keys that nobody may set through a spec: ours and those of Kubernetes. */
export const RESERVED_KEY_PATTERN: RegExp = /^([^/]*\.)?(signet\.dev|kubernetes\.io|k8s\.io)\//;

/** A key of a Secret's data. */
export const SECRET_KEY_PATTERN: RegExp = /^[-._a-zA-Z0-9]+$/;

const KEY_NAME_PATTERN = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

export const MAX_NAME_LENGTH = 253;
/** Names of our own kinds: they become label values. */
export const MAX_KIND_NAME_LENGTH = 63;
export const MAX_LABEL_LENGTH = 63;

export function objectNameProblem(text: string): string | undefined {
  if (OBJECT_NAME_PATTERN.test(text)) return undefined;
  return 'must consist of lowercase letters, digits, "-" and ".", starting and ending with a letter or digit';
}

export function serviceNameProblem(text: string): string | undefined {
  if (SERVICE_NAME_PATTERN.test(text)) return undefined;
  return 'must be the name of a Service of this namespace, one DNS label such as "checkout"; other names belong in dnsNames';
}

export function dnsNameProblem(text: string): string | undefined {
  if (!DNS_NAME_PATTERN.test(text)) {
    return 'must be a lowercase DNS name such as "api.example.org"; "*" may only be the whole leftmost label, as in "*.example.org"';
  }
  if (!NUMERIC_LAST_LABEL_PATTERN.test(text)) return undefined;
  return 'the last label of a DNS name is never all digits; IP addresses are not supported, use a name';
}

export function fingerprintProblem(text: string): string | undefined {
  if (FINGERPRINT_PATTERN.test(text)) return undefined;
  return 'must be a SHA-256 fingerprint: 64 lowercase hexadecimal digits without colons';
}

export function labelValueProblem(text: string): string | undefined {
  if (LABEL_VALUE_PATTERN.test(text)) return undefined;
  return 'must be a label value: empty, or letters, digits, "-", "_" and ".", starting and ending with a letter or digit';
}

/** Kubernetes qualified names: the key of a label, and of an annotation too (stricter than Kubernetes: lowercase prefix). */
export function labelKeyProblem(text: string): string | undefined {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const prefixFits = prefix === undefined || (prefix.length <= MAX_NAME_LENGTH && OBJECT_NAME_PATTERN.test(prefix));
  if (parts.length <= 2 && prefixFits && KEY_NAME_PATTERN.test(name)) return undefined;
  return 'must be a label key: a name of at most 63 letters, digits, "-", "_" and ".", after an optional prefix such as "example.org/"';
}

export function namePatternProblem(text: string): string | undefined {
  if (NAME_PATTERN_PATTERN.test(text)) return undefined;
  return 'must be a name: lowercase letters, digits, "-" and "."; one "*" may stand for any characters, as in "team-*"';
}

export function policyDNSProblem(text: string): string | undefined {
  if (POLICY_DNS_PATTERN.test(text)) return undefined;
  return 'must be a pattern of DNS names such as "*.{namespace}.svc" or "api.example.org": lowercase labels, "*" for a whole label, {namespace}, {serviceAccount} and {clusterDomain}';
}

export function ruleNameProblem(text: string): string | undefined {
  if (RULE_NAME_PATTERN.test(text)) return undefined;
  return 'must be a name such as "no-rsa": lowercase letters, digits and "-", starting and ending with a letter or digit';
}

/** Who may be named as a peer; the grammar is that of the SPIFFE ring. */
export function peerProblem(text: string): string | undefined {
  const pattern = parseSPIFFEIDPattern(text);
  return 'problem' in pattern ? pattern.problem : undefined;
}
