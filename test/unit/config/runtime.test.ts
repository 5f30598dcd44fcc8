// SPDX-License-Identifier: Apache-2.0
/**
 * Every way to write the options under which no key may be loaded.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { judgeRuntime } from '../../../src/config/runtime.ts';

const WANTED = '--disable-sigusr1';

describe('an option under which no key may be loaded', () => {
  it.each([
    '--inspect',
    '--inspect=0.0.0.0:9229',
    '--inspect-brk',
    '--inspect-wait',
    '--inspect-port=1',
    '--debug-port=1',
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=2',
    '--heap-snapshot-on-oom',
    '--heap-snapshot-on-gc=0',
    '--report-on-signal',
    '--report-uncaught-exception',
    '--report-on-fatalerror',
    '--experimental-report',
    '--heap-prof',
    '--heap-prof-dir=/tmp',
    '--cpu-prof',
    '--tls-keylog=/tmp/keys',
    '--trace-tls',
    '--abort-on-uncaught-exception',
    '--build-snapshot',
    '--experimental-config-file=node.json',
    '--experimental-default-config-file',
  ])('is %s, however it is written', (option) => {
    const [name = '', ...value] = option.split('=');
    const underscored = [`--${name.slice(2).replaceAll('-', '_')}`, ...value].join('=');
    expect(judgeRuntime([option], undefined).forbidden).toEqual([option]);
    expect(judgeRuntime([], `--no-warnings ${option}`).forbidden).toEqual([option]);
    expect(judgeRuntime([underscored], undefined).forbidden).toEqual([underscored]);
    expect(judgeRuntime([], underscored).forbidden).toEqual([underscored]);
    expect(judgeRuntime([], `"${option}"`).forbidden).toEqual([option]);
    expect(judgeRuntime([], `--${option.slice(2, 4)}"${option.slice(4)}"`).forbidden).toEqual([option]);
    expect(judgeRuntime([], `"\\${option}"`).forbidden).toEqual([option]);
  });

  it('may have one dash where V8 reads it', () => {
    expect(judgeRuntime(['-heap_snapshot_on_oom'], undefined).forbidden).toEqual(['-heap_snapshot_on_oom']);
  });

  it.each(['tab\t--inspect', 'line\n--inspect', ' --inspect ', '"--title=a b"  --inspect'])(
    'is found wherever it begins: %j',
    (nodeOptions) => {
      expect(judgeRuntime([], nodeOptions).forbidden).toEqual(['--inspect']);
    },
  );

  it('is told each time it is there', () => {
    const { forbidden } = judgeRuntime(['--inspect', WANTED], '--heap_prof "--tls_keylog=/tmp/a b"');
    expect(forbidden).toEqual(['--inspect', '--heap_prof', '--tls_keylog=/tmp/a b']);
  });
});

describe('an option that stands in nobody’s way', () => {
  it.each([
    '',
    '--max-old-space-size=64',
    '--max_old_space_size=64',
    '--enable-source-maps',
    '--diagnostic-dir=/tmp',
    '--title="a --inspect"',
    '--title=__inspect',
    '"--title=\\"--inspect\\""',
    '--no-warnings',
    '--trace-warnings',
    '--tls-min-v1.3',
  ])('is %j', (nodeOptions) => {
    expect(judgeRuntime([WANTED], nodeOptions)).toEqual({ forbidden: [], warning: undefined });
  });
});

describe('the option that is wanted', () => {
  it.each<[readonly string[], string | undefined]>([
    [[WANTED], undefined],
    [['--disable_sigusr1'], undefined],
    [[], WANTED],
    [[], '"--disable_sigusr1"'],
  ])('is there with %j and %j', (execArgv, nodeOptions) => {
    expect(judgeRuntime(execArgv, nodeOptions).warning).toBeUndefined();
  });

  it.each([undefined, '', '--title=--disable-sigusr1'])('is missed with %j', (nodeOptions) => {
    expect(judgeRuntime([], nodeOptions).warning).toContain(WANTED);
  });
});
