// SPDX-License-Identifier: Apache-2.0
/**
 * The files of this repository that follow from others and from no program: the chart's CRD templates from crds/, the
 * page of the chart's values from values.yaml and its schema, the page of messages from the code, the figures of pages
 * from the benchmarks. Tests hold them equal.
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isMap, isNode, isScalar, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml';
import { pagesWithFigures } from '../figures/write.ts';
import { messagesPage } from '../messages/page.ts';
import { observabilityFiles } from '../observability/generated.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface GeneratedFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** Every such file as it should be. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  return [
    ...(await crdTemplates()),
    await valuesPage(),
    messagesFile(),
    ...observabilityFiles(),
    ...(await pagesWithFigures()),
  ];
}

async function crdTemplates(): Promise<GeneratedFile[]> {
  const names = (await readdir(path.join(ROOT, 'crds'))).filter((name) => name.endsWith('.yaml'));
  return Promise.all(
    names.map(async (name) => ({
      path: `charts/signet/templates/crds/${name}`,
      text: crdTemplate(name, await readFile(path.join(ROOT, 'crds', name), 'utf8')),
    })),
  );
}

/** The CRD as it is, kept when the release goes: with it would go every object of its kind. */
function crdTemplate(name: string, crd: string): string {
  if (crd.includes('{{')) throw new Error(`crds/${name} contains {{, which Helm would take for its own`);
  const body = crd.replace(/^(?:#.*\n)*/u, '');
  const marked = body.replace(
    /^metadata:\n/mu,
    'metadata:\n  annotations:\n    helm.sh/resource-policy: keep\n    {{- with .Values.commonAnnotations }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n  labels:\n    {{- include "signet.labels" . | nindent 4 }}\n',
  );
  return [
    '{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}',
    `{{- /* Generated from crds/${name} by hack/chart/generate.ts. */ -}}`,
    '{{- if .Values.crds.install }}',
    marked.trimEnd(),
    '{{- end }}',
    '',
  ].join('\n');
}

async function valuesPage(): Promise<GeneratedFile> {
  const document = parseDocument(await readFile(path.join(ROOT, 'charts/signet/values.yaml'), 'utf8'));
  const schema = JSON.parse(await readFile(path.join(ROOT, 'charts/signet/values.schema.json'), 'utf8')) as Schema;
  if (!isMap(document.contents)) throw new Error('values.yaml holds no values');
  const rows = rowsOf(document.contents, '', schema, schema);
  const text = `# Values of the chart

Generated from \`charts/signet/values.yaml\` by \`node hack/chart/generate.ts\`. \`values.schema.json\` refuses every other name.

| Value | Type | Default | Meaning |
|---|---|---|---|
${rows.join('\n')}
`;
  return { path: 'docs/reference/values.md', text };
}

/** Reads what is rendered of the chart as well. */
export function messagesFile(): GeneratedFile {
  return { path: 'docs/reference/messages.md', text: messagesPage() };
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

function rowsOf(map: YAMLMap, prefix: string, given: Schema, root: Schema): string[] {
  const schema = resolve(given, root);
  return map.items.flatMap((pair, i) => {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const name = `${prefix}${key}`;
    const property = schema.properties?.[key];
    if (property === undefined) throw new Error(`values.schema.json does not know ${name}`);
    const comment = commentOf(map, pair, i);
    // A group whose fields have no text is described as a whole.
    if (isMap(pair.value) && isDescribed(pair.value)) return rowsOf(pair.value, `${name}.`, property, root);
    if (comment === undefined) throw new Error(`values.yaml says nothing about ${name}`);
    return [`| \`${name}\` | ${typeOf(property, root)} | ${defaultOf(pair)} | ${comment.replaceAll('|', '\\|')} |`];
  });
}

function isDescribed(map: YAMLMap): boolean {
  return map.items.some(
    (pair, i) => commentOf(map, pair, i) !== undefined || (isMap(pair.value) && isDescribed(pair.value)),
  );
}

/** The comment before the first field of a map belongs to the map in the parser's eyes. */
function commentOf(map: YAMLMap, pair: Pair, i: number): string | undefined {
  const own = isScalar(pair.key) ? pair.key.commentBefore : undefined;
  const comment = own ?? (i === 0 ? map.commentBefore : undefined);
  return comment
    ?.split('\n\n')
    .at(-1)
    ?.trim()
    .replace(/\s*\n\s*/gu, ' ');
}

function defaultOf(pair: Pair): string {
  const value: unknown = isNode(pair.value) ? pair.value.toJSON() : pair.value;
  return value === '' ? '' : `\`${stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()}\``;
}

function typeOf(given: Schema, root: Schema): string {
  const schema = resolve(given, root);
  if (schema.enum !== undefined) return schema.enum.join(', ');
  if (schema.oneOf !== undefined) return schema.oneOf.map((one) => typeOf(one, root)).join(' or ');
  return typeof schema.type === 'string' ? schema.type : (schema.type ?? []).join(' or ');
}

function resolve(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.replace('#/definitions/', '');
  return name === undefined ? schema : (root.definitions?.[name] ?? schema);
}
