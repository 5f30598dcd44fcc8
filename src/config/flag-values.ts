// SPDX-License-Identifier: Apache-2.0
/**
 * From the texts of the flags of a role to their values, with every problem found on the way, and what all roles ask of
 * the place they run in.
 * @module
 */
import { type Role } from './flag.ts';
import { envName, FLAGS, type FlagKey, type FlagValues, flagsOf } from './flags.ts';
import type { Given } from './sources.ts';

/** The text of a file. Undefined, or an error of whatever kind, when it can't be read. */
export type ReadFile = (path: string) => string | undefined;

export type Texts = ReadonlyMap<FlagKey, Given>;

/** With the namespace of the pod where none is given. */
export function withNamespaceOfPod(given: Texts, readFile: ReadFile): Texts {
  const directory = given.get('serviceAccountDirectory')?.text ?? FLAGS.serviceAccountDirectory.default ?? '';
  const origin = `${directory}/namespace`;
  const text = given.has('namespace') ? '' : ownNamespace(origin, readFile);
  return text === '' ? given : new Map([...given, ['namespace', { text, origin }]]);
}

function ownNamespace(path: string, readFile: ReadFile): string {
  try {
    return readFile(path)?.trim() ?? '';
  } catch {
    // Outside a pod there is no such file; the flag is asked for then.
    return '';
  }
}

/** The values that can be read, and what is wrong with the others. */
export function parseValues(role: Role, given: Texts): { values: Partial<FlagValues>; problems: string[] } {
  const values: Partial<Record<FlagKey, unknown>> = {};
  const problems: string[] = [];
  for (const key of flagsOf(role)) {
    const flag = FLAGS[key];
    const text = given.get(key)?.text ?? flag.default;
    // An empty text was reported as a missing value.
    if (text !== undefined && text !== '') {
      const parsed = flag.parse(text);
      if ('problem' in parsed) {
        problems.push(`${describe(key, given)}: ${parsed.problem}`);
      } else {
        values[key] = parsed.value;
      }
    } else if (flag.required === true && text === undefined) {
      problems.push(`--${flag.name} is missing: write --${flag.name}=${flag.value} or set ${envName(flag)}`);
    }
  }
  return { values: values as Partial<FlagValues>, problems };
}

/** What is wrong with where the process runs. */
export function placeProblems(values: Partial<FlagValues>, given: Texts): string[] {
  const problems: string[] = [];
  if (values.namespace === undefined && !given.has('namespace')) {
    problems.push(`--namespace is missing: outside a pod, write --namespace=NAME or set ${envName(FLAGS.namespace)}`);
  }
  if (values.context !== undefined && values.kubeconfig === undefined) {
    problems.push(`${describe('context', given)}: means nothing without a kubeconfig; write --kubeconfig=FILE too`);
  }
  return problems;
}

/** Without the user and password that a URL may hold, although none should. */
function shown(text: string): string {
  return text.includes(':') ? text.replace(/^([a-z][a-z\d+.-]*:\/+)?.*@/isu, '$1***@') : text;
}

/** A flag with its value, for a problem. */
export function describe(key: FlagKey, given: Texts): string {
  const { name, default: usual } = FLAGS[key];
  const source = given.get(key);
  return source === undefined ? `--${name} "${usual}" (default)` : `${source.origin} "${shown(source.text)}"`;
}
