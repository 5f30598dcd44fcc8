// SPDX-License-Identifier: Apache-2.0
/**
 * CEL: any text is compiled or refused with places and advice, in bounded time; what is compiled says the same twice,
 * never spends more than it may, and takes no longer than what it spends stands for.
 * @module
 */
import { RE2JS } from '@bufbuild/re2';
import { parseSource } from '../../../src/cel/ast.ts';
import { compileExpression, type MeteredExpression } from '../../../src/cel/compile.ts';
import { MAX_WORK } from '../../../src/cel/meter.ts';
import { regexWeight } from '../../../src/cel/regex-weight.ts';
import { staticPass } from '../../../src/cel/static-pass.ts';
import type { ExpressionInput } from '../../../src/policy/expression.ts';
import { mutateExpression } from '../mutate-expression.ts';
import { outcome, plainWords, promise, promiseSame, type Target } from '../target.ts';

const NAMES = Array.from({ length: 32 }, (_, index) => `service-${index}.shop.svc.cluster.local`);
const INPUT: ExpressionInput = {
  identity: {
    metadata: { name: 'checkout', namespace: 'shop' },
    spec: {
      serviceAccountName: 'checkout',
      services: ['checkout'],
      dnsNames: NAMES,
      mtls: {
        allowedClients: Array.from({ length: 64 }, (_, index) => `spiffe://example.org/ns/shop/sa/peer-${index}`),
      },
      secret: {
        name: 'checkout',
        labels: { team: 'pay' },
        annotations: { long: 'x'.repeat(4096) },
        formats: [{ type: 'PEM' }],
      },
      ttl: '1h',
      suspend: false,
    },
    dnsNames: NAMES,
    ttlSeconds: 3600n,
    spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
    trustDomain: 'example.org',
  },
  oldIdentity: null,
  namespaceObject: { metadata: { name: 'shop', labels: { team: 'pay' }, annotations: {} } },
  request: { operation: 'CREATE', dryRun: false, userInfo: { username: 'alice', uid: 'u', groups: ['a', 'b'] } },
};
/** Microseconds of the processor, far above what the static pass and the meter stand for (ADR 0010). */
const MAX_COMPILE = 400_000;
const MAX_EVALUATION = 150_000;
/** How much larger a program of RE2 may be than its weight: classes without case and the frame around it. */
const INSTRUCTIONS_A_WEIGHT = 4;

export const target: Target = {
  mutators: [mutateExpression],
  tokens: [
    'identity',
    '.dnsNames',
    '.spec',
    '.mtls.allowedClients',
    '.spec.secret.annotations',
    'oldIdentity',
    'request.userInfo.groups',
  ].concat(
    [
      'namespaceObject.metadata.labels',
      '.ttlSeconds',
      '.all(x, ',
      '.exists(y, ',
      '.exists_one(z, ',
      '.map(x, ',
      '.filter(y, ',
      'has(',
      '(',
      ')',
    ],
    [
      '[',
      ']',
      '{',
      '}',
      ', ',
      ' ? ',
      ' : ',
      ' && ',
      ' || ',
      '!',
      '-',
      ' in ',
      ' == ',
      ' != ',
      ' < ',
      ' + ',
      ' * ',
      ' / ',
      ' % ',
      "'a'",
      '"',
    ],
    [
      '.matches(',
      "'^[a-z]+$'",
      "'(a{30}){30}'",
      "'\\\\x{41}{1000}'",
      "'\\\\Q)\\\\Ex{1000}'",
      '.split(',
      '.join(',
      '.format(',
      '.contains(',
      '.size()',
    ],
    [
      'duration(',
      "'1h'",
      'int(',
      'string(',
      '9223372036854775807',
      '1e308',
      '0x7f',
      '1u',
      "b'a'",
      "r'\\d'",
      "'''",
      '\\u00e9',
      'null',
      'true',
      'x',
    ],
  ),
  feed: (input) => {
    const source = input.toString('utf8');
    const { result, spent } = timed(() => compileExpression(source));
    promise(
      spent < MAX_COMPILE || again(() => compileExpression(source)) < MAX_COMPILE,
      'compiling takes a bounded time',
    );
    if ('problems' in result) return feedProblems(result.problems, source);
    for (const pattern of patternsOf(source)) feedPattern(pattern);
    return feedEvaluation(result.value);
  },
};

type Problems = Extract<ReturnType<typeof compileExpression>, { readonly problems: unknown }>['problems'];

function feedProblems(problems: Problems, source: string): string {
  // The parser counts lines by more than we do.
  const lines = source.split(/\r\n|[\n\r]/u);
  promise(problems.length > 0, 'a refusal has a reason');
  for (const { line, column, message } of problems) {
    promise(line >= 1 && line <= lines.length && column >= 1, 'a problem has a place in the source');
    promise(message.length > 10, 'a problem says what to do');
  }
  return outcome(...problems.slice(0, 2).map(({ message }) => shape(message)));
}

/** Of a message, without the names that the source has. */
function shape(message: string): string {
  return message.replaceAll(/(names|found|calls|field|asks for|makes a|variable) [^\s(]+/gu, '$1').slice(0, 60);
}

function patternsOf(source: string): Iterable<string> {
  const parsed = parseSource(source);
  return 'problem' in parsed ? [] : staticPass(parsed.value).patterns;
}

/** What a pattern costs is known by its text; its program tells whether that is right. */
function feedPattern(pattern: string): void {
  const { prog } = RE2JS.compile(pattern).re2();
  const weight = regexWeight(pattern);
  promise(prog.numInst() <= INSTRUCTIONS_A_WEIGHT * weight + 16, 'a regular expression weighs what its program does');
}

function feedEvaluation(expression: MeteredExpression): string {
  const { result, spent } = timed(() => expression.evaluate(INPUT));
  const work = expression.lastWork();
  promise(
    spent < MAX_EVALUATION || again(() => expression.evaluate(INPUT)) < MAX_EVALUATION,
    'evaluating takes a bounded time',
  );
  promiseSame(expression.evaluate(INPUT), result, 'an expression says the same twice');
  promise(
    'problem' in result ? result.problem.length > 5 : typeof result.value === 'boolean',
    'an expression is true, false or broken',
  );
  promise(work <= MAX_WORK || 'problem' in result, 'an expression that worked too much has no value');
  const half = { left: Math.min(work, MAX_WORK) / 2 };
  const short = expression.evaluate(INPUT, half);
  promise('problem' in short, 'an expression ends where the budget does');
  promise(half.left === 0, 'a budget that was used up is empty');
  return outcome('value' in result ? result.value : plainWords(result.problem), Math.ceil(Math.log2(work)));
}

function timed<T>(run: () => T): { readonly result: T; readonly spent: number } {
  const before = process.threadCpuUsage();
  const result = run();
  const { user, system } = process.threadCpuUsage(before);
  return { result, spent: user + system };
}

/** The shortest of three: a collection of garbage is not the expression's. */
function again(run: () => unknown): number {
  return Math.min(...[0, 1, 2].map(() => timed(run).spent));
}
