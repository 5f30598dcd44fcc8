// SPDX-License-Identifier: Apache-2.0
/**
 * How a collector is spoken to, out of the standard variables of OpenTelemetry (opentelemetry.io/docs/specs/otel/protocol/exporter):
 * headers may hold a token, and arguments can be read by everybody on the machine. That of traces wins over that of all signals.
 * @module
 */
import type { CollectorAccess } from './config.ts';
import type { ReadFile } from './flag-values.ts';
import type { Environment } from './sources.ts';

/** The variables that hold, each also with `TRACES_` before its last part. */
export const OTLP_VARIABLES = ['HEADERS', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const;
type Variable = (typeof OTLP_VARIABLES)[number];

const PREFIX = 'OTEL_EXPORTER_OTLP_';
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_VALUE = /^[\x20-\x7e]*$/;
const REMEDY = 'write name=value,name=value with every other character of a value percent-encoded';

interface Given {
  readonly name: string;
  readonly text: string;
}

type Problems = string[];

/** What the variables say, and everything that is wrong with it; never a value of a header, nor what a file holds. */
export function collectorAccess(
  env: Environment,
  readFile: ReadFile,
): { readonly value: CollectorAccess; readonly problems: readonly string[] } {
  const problems: Problems = [];
  const file = (variable: Variable): string | undefined => fileOf(givenOf(env, variable).at(-1), readFile, problems);
  const headers = Object.assign({}, ...givenOf(env, 'HEADERS').map((given) => headersOf(given, problems)));
  const compression = compressionOf(givenOf(env, 'COMPRESSION').at(-1), problems);
  const [ca, cert, key] = [file('CERTIFICATE'), file('CLIENT_CERTIFICATE'), file('CLIENT_KEY')];
  if ((cert === undefined) !== (key === undefined) && problems.length === 0)
    problems.push(`${PREFIX}CLIENT_CERTIFICATE and ${PREFIX}CLIENT_KEY need each other; set both or none`);
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
  return { value: { headers, compression, tls }, problems };
}

/** Those that say something; the last one wins. */
function givenOf(env: Environment, variable: Variable): Given[] {
  return [`${PREFIX}${variable}`, `${PREFIX}TRACES_${variable}`]
    .map((name) => ({ name, text: (env[name] ?? '').trim() }))
    .filter(({ text }) => text !== '');
}

function headersOf({ name: variable, text }: Given, problems: Problems): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const parts = text.split(',').map((part) => part.trim());
  for (const [index, part] of parts.filter((each) => each !== '').entries()) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(0, at)).trim();
    const value = decoded(part.slice(at + 1).trim());
    if (!HEADER_NAME.test(name)) {
      problems.push(`${variable}: entry ${index + 1} names no header; ${REMEDY}`);
      return {};
    }
    if (value === undefined || !HEADER_VALUE.test(value)) {
      problems.push(`${variable}: the value of entry ${index + 1} cannot be sent; ${REMEDY}`);
      return {};
    }
    headers[name] = value;
  }
  return headers;
}

function compressionOf(given: Given | undefined, problems: Problems): 'gzip' | 'none' {
  const { name = '', text = 'none' } = given ?? {};
  if (text === 'gzip' || text === 'none') return text;
  problems.push(`${name} "${text}": must be gzip or none`);
  return 'none';
}

function fileOf(given: Given | undefined, readFile: ReadFile, problems: Problems): string | undefined {
  if (given === undefined) return undefined;
  const content = contentOf(given.text, readFile);
  if (content === undefined)
    problems.push(`${given.name}${shown(given)}: cannot be read; give the path of a file that is mounted, or unset it`);
  return content;
}

/** A path. Whoever gave a key in its place must not find that in a log. */
function shown({ name, text }: Given): string {
  return !name.endsWith('CLIENT_KEY') && /^[\w./-]{1,255}$/u.test(text) ? ` "${text}"` : '';
}

function contentOf(path: string, readFile: ReadFile): string | undefined {
  try {
    return readFile(path);
  } catch {
    return undefined;
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
