// SPDX-License-Identifier: Apache-2.0
/**
 * The house as it was designed: folders import inward only, no two of them each other, no two files either, and files
 * stay small.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../../src');
const FILES: readonly string[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll(path.sep, '/'))
  .toSorted();

/** Whatever stands outside the folders and knows nobody: folders may import it. */
const LEAVES: readonly string[] = ['errors.ts', 'time.ts', 'base64.ts', 'version.ts'];
/** Those of them that name nothing of Node.js, for the pure folders. */
const PURE_LEAVES: readonly string[] = ['errors.ts', 'time.ts'];
const PURE: readonly string[] = [
  'api',
  'authority',
  'bundle',
  'digest',
  'identity',
  'policy',
  'rates',
  'serving-certificate',
  'spiffe',
];

/** What each folder may import, inmost first: each line names only folders of the lines above it. */
const INWARD: Readonly<Record<string, readonly string[]>> = {
  digest: [],
  rates: [],
  spiffe: [],
  api: ['spiffe'],
  identity: ['api', 'digest', 'rates', 'spiffe'],
  authority: ['api', 'spiffe'],
  bundle: ['api', 'authority', 'rates'],
  policy: ['api', 'spiffe'],
  'serving-certificate': ['spiffe'],
  cel: ['policy'],
  pki: ['spiffe'],
  controller: [],
  kube: ['api', 'controller', 'rates'],
  config: ['api', 'spiffe'],
  observability: ['controller', 'rates'],
  prober: ['api', 'controller', 'kube', 'pki'],
  webhook: ['api', 'controller', 'kube', 'observability', 'pki', 'policy', 'rates'],
  reconcilers: [
    'api',
    'authority',
    'bundle',
    'cel',
    'controller',
    'digest',
    'identity',
    'kube',
    'pki',
    'policy',
    'rates',
    'serving-certificate',
    'spiffe',
  ],
  signals: ['api', 'authority', 'config', 'controller', 'identity', 'kube', 'observability', 'prober', 'reconcilers'],
  app: [
    'api',
    'cel',
    'config',
    'controller',
    'identity',
    'kube',
    'observability',
    'policy',
    'prober',
    'reconcilers',
    'signals',
    'webhook',
  ],
};

interface Arrow {
  readonly from: string;
  readonly to: string;
}

const IMPORTS = /^(?:import|export)\b[^;']*\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gmu;

const ARROWS: readonly Arrow[] = FILES.flatMap((from) => arrowsIn(from, readFileSync(path.join(SRC, from), 'utf8')));

function arrowsIn(from: string, text: string): Arrow[] {
  return [...text.matchAll(IMPORTS)]
    .map(([, named, bare, late]) => named ?? bare ?? late ?? '')
    .filter((target) => target.startsWith('.'))
    .map((target) => ({ from, to: path.posix.join(path.posix.dirname(from), target) }));
}

/** The outermost folder of a file; undefined: it stands in src/ itself. */
function folderOf(file: string): string | undefined {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined;
}

function mayImport({ from, to }: Arrow): boolean {
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === undefined) return !LEAVES.includes(from);
  if (other === undefined) return (PURE.includes(own) ? PURE_LEAVES : LEAVES).includes(to);
  return own === other || INWARD[own]?.includes(other) === true;
}

/** Arrows between folders, however deep. */
function betweenFolders(arrows: readonly Arrow[]): Arrow[] {
  const folders = arrows.map(({ from, to }) => ({ from: path.posix.dirname(from), to: path.posix.dirname(to) }));
  // What stands in src/ itself is above all folders, or below them.
  return folders.filter(({ from, to }) => from !== to && from !== '.' && to !== '.');
}

/** What leads back to itself, with the way there. */
function circles(arrows: readonly Arrow[]): string[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (place: string, way: readonly string[]): void => {
    if (way.includes(place)) found.push([...way.slice(way.indexOf(place)), place].join(' -> '));
    if (way.includes(place) || done.has(place)) return;
    for (const other of next.get(place) ?? []) walk(other, [...way, place]);
    done.add(place);
  };
  for (const place of next.keys()) walk(place, []);
  return found;
}

describe('imports', () => {
  it('are found, of files that are there', () => {
    expect(ARROWS.length).toBeGreaterThan(FILES.length);
    expect(ARROWS).toContainEqual({ from: 'main.ts', to: 'app/controller-process.ts' });
    expect(ARROWS.filter(({ to }) => !FILES.includes(to))).toEqual([]);
  });

  it('point inward only', () => {
    expect(ARROWS.filter((arrow) => !mayImport(arrow)).map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('lead no folder back to itself', () => {
    expect(circles(betweenFolders(ARROWS))).toEqual([]);
  });

  it('lead no file back to itself, those of types included', () => {
    expect(circles(ARROWS)).toEqual([]);
  });

  it('would be seen if they did', () => {
    const arrows = ['a/x b/x', 'b/y c/x', 'c/x b/x', 'c/x d/x'].map((text) => {
      const [from = '', to = ''] = text.split(' ');
      return { from, to };
    });
    expect(circles(betweenFolders(arrows))).toEqual(['b -> c -> b']);
    expect(circles(betweenFolders(arrows.slice(0, 2)))).toEqual([]);
    expect(circles(arrows)).toEqual([]);
    expect(circles([...arrows, { from: 'd/x', to: 'c/x' }])).toEqual(['c/x -> d/x -> c/x']);
    expect(arrowsIn('a/x', "import type { B } from './y.ts';")).toEqual([{ from: 'a/x', to: 'a/y.ts' }]);
    const outward = [
      { from: 'identity/plan.ts', to: 'kube/resources.ts' },
      { from: 'pki/mint.ts', to: 'app/app.ts' },
      { from: 'api/bounds.ts', to: 'base64.ts' },
      { from: 'time.ts', to: 'errors.ts' },
    ];
    expect(outward.filter(mayImport)).toEqual([]);
  });

  it('are ruled for every folder, in an order without a circle', () => {
    const folders = new Set(FILES.map(folderOf).filter((folder) => folder !== undefined));
    expect(Object.keys(INWARD).toSorted()).toEqual([...folders].toSorted());
    const order = Object.keys(INWARD);
    const upward = Object.entries(INWARD).flatMap(([folder, inner]) =>
      inner.filter((other) => order.indexOf(other) >= order.indexOf(folder)).map((other) => `${folder} ${other}`),
    );
    expect(upward).toEqual([]);
  });

  it('keep the pure folders to what their own project compiles', () => {
    const { include } = JSON.parse(readFileSync(path.join(SRC, 'tsconfig.pure.json'), 'utf8')) as { include: string[] };
    const compiled = include.map((pattern) => pattern.replace('/**/*.ts', ''));
    expect(compiled.toSorted()).toEqual([...PURE_LEAVES, ...PURE].toSorted());
  });
});

describe('source files', () => {
  const lengths = FILES.map((file) => readFileSync(path.join(SRC, file), 'utf8').trimEnd().split('\n').length);
  const sorted = lengths.toSorted((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;

  it('have at most 300 lines', () => {
    expect(FILES.filter((_, index) => (lengths[index] ?? 0) > 300)).toEqual([]);
  });

  it('have at most 110 lines in the middle, and nine in ten at most 250', () => {
    expect(FILES.length).toBeGreaterThan(100);
    expect(quantile(0.5)).toBeLessThanOrEqual(110);
    expect(quantile(0.9)).toBeLessThanOrEqual(250);
  });
});
