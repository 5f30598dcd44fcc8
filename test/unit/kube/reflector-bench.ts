// SPDX-License-Identifier: Apache-2.0
/**
 * A reflector in front of a model collection, over real HTTP, on a clock that the test moves.
 * @module
 */

import type { Clock } from '../../../src/controller/clock.ts';
import type { SignetError } from '../../../src/errors.ts';
import { Reflector, type ReflectorOptions } from '../../../src/kube/reflector.ts';
import type { Resource } from '../../../src/kube/resources.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ModelCollection, type ModelObject } from './model-collection.ts';
import type { ScriptedServer } from './scripted-server.ts';
import { opened, transportTo } from './transport-bench.ts';

const THINGS: Resource = { group: 'test', version: 'v1', plural: 'things', namespaced: true };

export interface ReflectorBench {
  readonly model: ModelCollection & { readonly server: ScriptedServer };
  readonly clock: ManualClock;
  readonly reflector: Reflector<string>;
  /** `added a/x`, in order. */
  readonly events: string[];
  readonly disconnects: { readonly wait: number; readonly error: SignetError | undefined }[];
  readonly problems: unknown[];
  readonly listings: number[];
  /** What was asked, as `list`, `list <page>`, `initial` or `watch <version>`. */
  asked(): string[];
}

export async function reflectorBench(
  options: Partial<ReflectorOptions<string>> & { readonly realClock?: Clock } = {},
): Promise<ReflectorBench> {
  const model = await ModelCollection.start();
  opened(model.server);
  const clock = new ManualClock();
  const transport = transportTo({ cluster: model.server.cluster(), clock: options.realClock ?? clock });
  const events: string[] = [];
  const disconnects: ReflectorBench['disconnects'] = [];
  const problems: unknown[] = [];
  const listings: number[] = [];
  const reflector = new Reflector<string>({
    transport,
    clock: options.realClock ?? clock,
    resource: THINGS,
    random: () => 0,
    project: valueOf,
    onEvent: (kind, key) => events.push(`${kind} ${key}`),
    observer: {
      onListed: (_name, size) => listings.push(size),
      onDisconnected: (_name, wait, error) => disconnects.push({ wait, error }),
      onProblem: (_name, error) => problems.push(error),
    },
    ...options,
  });
  opened({ close: () => reflector.stop() });
  const asked = (): string[] => model.server.requests.map(({ url }) => describeQuery(url.searchParams));
  return { model, clock, reflector, events, disconnects, problems, listings, asked };
}

export function valueOf(raw: object): string {
  return (raw as ModelObject).value;
}

/** What the reflector holds, as ModelCollection.contents(). */
export function contentsOf(reflector: Reflector<string>): Map<string, string> {
  const entries = [...reflector.keys()].map((key): [string, string] => [key, reflector.get(key) ?? '']);
  return new Map(entries.sort(([a], [b]) => a.localeCompare(b)));
}

export function sorted(contents: Map<string, string>): Map<string, string> {
  return new Map([...contents].sort(([a], [b]) => a.localeCompare(b)));
}

function describeQuery(query: URLSearchParams): string {
  if (query.get('watch') !== 'true') return query.has('continue') ? 'list page' : 'list';
  return query.has('sendInitialEvents') ? 'initial' : `watch ${query.get('resourceVersion')}`;
}
