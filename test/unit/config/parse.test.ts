// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ControllerConfig } from '../../../src/config/config.ts';
import { type Command, parseCommand } from '../../../src/config/parse.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';

const NEEDED = ['--trust-domain=example.org', '--namespace=signet-system'];

function parse(argv: readonly string[], env: Record<string, string> = {}, files: Record<string, string> = {}): Command {
  return parseCommand({ argv, env, readFile: (path) => files[path] });
}

function configOf(flags: readonly string[], env: Record<string, string> = {}): ControllerConfig {
  const command = parse(['controller', ...NEEDED, ...flags], env);
  if (command.kind !== 'controller') {
    throw new Error('text' in command ? command.text : command.kind);
  }
  return command.config;
}

function problemsOf(flags: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const command = parse(['controller', ...flags], env);
  return command.kind === 'invalid' ? command.problems : [];
}

describe('commands', () => {
  it('knows version and help', () => {
    expect(parse(['version'])).toEqual({ kind: 'version' });
    expect(parse(['--version'])).toEqual({ kind: 'version' });
    for (const argv of [['help'], ['--help'], ['-h']]) {
      expect(parse(argv)).toEqual({ kind: 'help', text: expect.stringContaining('signet <command>') as string });
    }
    for (const argv of [
      ['controller', '--help'],
      ['help', 'controller'],
      ['controller', '--workers', 'x', '-h'],
    ]) {
      expect(parse(argv)).toEqual({ kind: 'help', text: expect.stringContaining('--trust-domain') as string });
    }
  });

  it.each([
    { argv: [], problem: 'a command is missing: signet --help lists them' },
    { argv: ['contoller'], problem: 'unknown command "contoller": did you mean "signet controller"?' },
    { argv: ['xyzzy'], problem: 'unknown command "xyzzy": signet --help lists the commands' },
    { argv: ['--workers=3'], problem: '--workers=3 stands before the command: write signet controller --workers=3' },
  ])('says what to do with $argv', ({ argv, problem }) => {
    expect(parse(argv)).toMatchObject({ kind: 'invalid', problems: [problem] });
  });
});

describe('defaults', () => {
  it('need two settings and fill in the rest', () => {
    expect(configOf([])).toEqual({
      trustDomain: 'example.org',
      clusterDomain: 'cluster.local',
      namespace: 'signet-system',
      podName: 'signet',
      kubeconfig: undefined,
      context: undefined,
      serviceAccountDirectory: '/var/run/secrets/kubernetes.io/serviceaccount',
      metricsAddress: { host: undefined, port: 9402 },
      log: { level: 'info', format: 'json' },
      auditLog: 'stdout',
      leaderElection: {
        enabled: true,
        leaseName: 'signet-controller',
        duration: 10 * SECOND,
        renewDeadline: 6 * SECOND,
        retryPeriod: 2 * SECOND,
      },
      workers: 32,
      maxWritesInFlight: 32,
      identityMetricsLimit: 0,
      secretMetadataPrefixes: [],
      reload: [],
      defaultTrustDomain: {
        trustDomain: 'example.org',
        authority: {
          source: { type: 'SelfSigned', selfSigned: { root: { ttl: '8760h' }, intermediate: { ttl: '168h' } } },
        },
        svid: { defaultTTL: '1h', minTTL: '15m', maxTTL: '24h' },
        propagationMargin: '5m',
      },
    });
  });

  it('take the namespace and the name of the pod from where a pod finds them', () => {
    const files = { '/var/run/secrets/kubernetes.io/serviceaccount/namespace': 'from-file\n' };
    const flags = ['controller', '--trust-domain=example.org'];
    expect(parse(flags, {}, files)).toMatchObject({ config: { namespace: 'from-file' } });
    expect(parse(flags, { POD_NAMESPACE: 'from-env' }, files)).toMatchObject({ config: { namespace: 'from-env' } });
    const elsewhere = [...flags, '--service-account-directory=/elsewhere'];
    expect(parse(elsewhere, {}, { '/elsewhere/namespace': 'other' })).toMatchObject({ config: { namespace: 'other' } });
    expect(parse(flags, { POD_NAME: 'signet-7d9', HOSTNAME: 'host' }, files)).toMatchObject({
      config: { podName: 'signet-7d9' },
    });
  });
});

it('does without a file that cannot be read', () => {
  const argv = ['controller', '--trust-domain=example.org'];
  expect(parseCommand({ argv, env: {}, readFile: unreadable })).toMatchObject({
    kind: 'invalid',
    problems: [expect.stringContaining('--namespace is missing')],
  });
});

describe('sources', () => {
  it('let the command line win over the environment, and that over well-known variables', () => {
    const env = { SIGNET_WORKERS: '7', SIGNET_NAMESPACE: 'b', POD_NAMESPACE: 'c', SIGNET_POD_NAME: 'd', POD_NAME: 'e' };
    expect(configOf([], env)).toMatchObject({ workers: 7, namespace: 'signet-system', podName: 'd' });
    expect(configOf(['--workers=9'], env).workers).toBe(9);
  });

  it('take a value after a space or an equals sign', () => {
    expect(configOf(['--workers', '5', '--log-level', 'debug'])).toMatchObject({ workers: 5, log: { level: 'debug' } });
  });

  it('take a switch alone or with a value', () => {
    expect(configOf(['--leader-elect']).leaderElection.enabled).toBe(true);
    expect(configOf(['--leader-elect=false']).leaderElection.enabled).toBe(false);
    expect(configOf([], { SIGNET_LEADER_ELECT: 'false' }).leaderElection.enabled).toBe(false);
  });

  it('take an empty variable as none', () => {
    expect(configOf([], { SIGNET_WORKERS: '', SIGNET_CONTEXT: '', KUBECONFIG: '' }).workers).toBe(32);
  });
});

describe('problems', () => {
  it('come all at once, each with the flag, the value and the remedy', () => {
    const problems = problemsOf(
      [
        '--trust-domian=x',
        'extra',
        '--workers',
        '0',
        '--workers=3',
        '--lease-duration=6s',
        '--log-level',
        '--metrics-address=9402',
        '--default-trust-domain-min-ttl=5m',
        '--context=x',
      ],
      { SIGNET_LOG_FORMAT: 'xml' },
    );
    expect(problems).toEqual([
      'unknown flag --trust-domian: did you mean --trust-domain?',
      'unexpected argument "extra": signet controller --help lists all flags',
      '--workers is given twice: keep one',
      '--log-level needs a value: write --log-level=debug|info|warn|error',
      '--trust-domain is missing: write --trust-domain=NAME or set SIGNET_TRUST_DOMAIN',
      '--workers "0": must be a whole number from 1 to 1024',
      expect.stringMatching(/^--metrics-address "9402": must be host:port or :port/),
      'SIGNET_LOG_FORMAT "xml": must be one of json, text',
      expect.stringMatching(/^--lease-duration "6s": must be at least a quarter more than --lease-renew-deadline/),
      expect.stringMatching(/^--default-trust-domain-min-ttl "5m": 40 % of it must be more than propagationMargin, 5m/),
      '--namespace is missing: outside a pod, write --namespace=NAME or set SIGNET_NAMESPACE',
      '--context "x": means nothing without a kubeconfig; write --kubeconfig=FILE too',
    ]);
  });

  it('are printed as a list', () => {
    const command = parse(['controller', '--namespace=x', '--workers=x']);
    expect(command).toMatchObject({
      text: [
        'signet: 2 problems with the configuration:',
        '  - --trust-domain is missing: write --trust-domain=NAME or set SIGNET_TRUST_DOMAIN',
        '  - --workers "x": must be a whole number from 1 to 1024',
        '',
      ].join('\n'),
    });
  });

  it.each([
    { flag: '--trust-domain=Example.org', says: 'trust-domain "Example.org"' },
    { flag: '--cluster-domain=*.local', says: 'wildcard' },
    { flag: '--namespace=Bad_Name', says: 'lowercase letters' },
    { flag: '--lease-name=Bad_Name', says: 'lowercase letters' },
    { flag: '--pod-name=a b', says: 'letters, digits' },
    { flag: '--kubeconfig=a:b', says: 'must name one file' },
    { flag: '--leader-elect=yes', says: 'must be true or false' },
    { flag: '--lease-duration=10', says: 'must be a duration' },
    { flag: '--lease-renew-deadline=5s', says: 'three times --lease-retry-period' },
    { flag: '--lease-retry-period=0s', says: 'must be at least 1s' },
    { flag: '--workers=1025', says: 'from 1 to 1024' },
    { flag: '--workers=1e2', says: 'from 1 to 1024' },
    { flag: '--metrics-address=:70000', says: 'must be host:port' },
    { flag: '--metrics-address=::1:9402', says: 'must be host:port' },
    { flag: '--watch-namespaces=shop,Web', says: '"Web" is not the name' },
    { flag: '--watch-namespaces=shop,', says: 'must be a list of namespaces' },
    { flag: '--secret-metadata-prefixes=a.org/', says: 'without "/"' },
    { flag: '--secret-metadata-prefixes=a.org,,b.org', says: 'must be a list' },
    { flag: '--secret-metadata-prefixes=app.kubernetes.io', says: 'belong to Kubernetes' },
    { flag: '--secret-metadata-prefixes=signet.dev', says: 'belong to Kubernetes or to Signet' },
    { flag: '--default-trust-domain-max-ttl=100h', says: '2 * svid.maxTTL' },
    { flag: '--default-trust-domain-default-ttl=30h', says: 'at most svid.maxTTL' },
    { flag: '--default-trust-domain-allowed-namespaces=env in prod', says: 'label selector' },
    { flag: '--default-trust-domain-allowed-namespaces=-x=y', says: 'must be a label key' },
    { flag: '--workers=', says: 'needs a value' },
  ])('refuses $flag', ({ flag, says }) => {
    const name = flag.slice(0, flag.indexOf('='));
    const problems = problemsOf([...NEEDED.filter((needed) => !needed.startsWith(`${name}=`)), flag]);
    expect(problems.join('\n')).toContain(says);
  });
});

describe('values', () => {
  it.each([
    { text: ':0', address: { host: undefined, port: 0 } },
    { text: '127.0.0.1:9402', address: { host: '127.0.0.1', port: 9402 } },
    { text: 'localhost:80', address: { host: 'localhost', port: 80 } },
    { text: '[::1]:9402', address: { host: '::1', port: 9402 } },
  ])('reads the address $text', ({ text, address }) => {
    expect(configOf([`--metrics-address=${text}`]).metricsAddress).toEqual(address);
  });

  it('reads a list of namespaces once each, and takes none for all', () => {
    expect(configOf(['--watch-namespaces=shop, web,shop']).watchNamespaces).toEqual(['shop', 'web']);
    expect(configOf([]).watchNamespaces).toBeUndefined();
  });

  it('reads a list of prefixes once each', () => {
    expect(configOf(['--secret-metadata-prefixes=a.org, b.org,a.org']).secretMetadataPrefixes).toEqual([
      'a.org',
      'b.org',
    ]);
  });

  it.each([
    { text: 'all', selector: {} },
    { text: 'none', selector: undefined },
    { text: 'env=prod', selector: { matchExpressions: [{ key: 'env', operator: 'In', values: ['prod'] }] } },
    { text: 'a==b', selector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] } },
    {
      text: 'example.org/team in (a, b), tier!=dev,x notin (y),z,!legacy',
      selector: {
        matchExpressions: [
          { key: 'example.org/team', operator: 'In', values: ['a', 'b'] },
          { key: 'tier', operator: 'NotIn', values: ['dev'] },
          { key: 'x', operator: 'NotIn', values: ['y'] },
          { key: 'z', operator: 'Exists' },
          { key: 'legacy', operator: 'DoesNotExist' },
        ],
      },
    },
  ])('reads the namespaces $text', ({ text, selector }) => {
    const { defaultTrustDomain } = configOf([`--default-trust-domain-allowed-namespaces=${text}`]);
    expect(defaultTrustDomain.allowedNamespaces).toEqual(selector);
  });

  it('makes the default TrustDomain of the demo', () => {
    const config = configOf([
      '--default-trust-domain-min-ttl=30s',
      '--default-trust-domain-default-ttl=30s',
      '--default-trust-domain-propagation-margin=5s',
      '--lease-duration=1m',
      '--lease-renew-deadline=30s',
      '--lease-retry-period=5s',
    ]);
    expect(config.defaultTrustDomain).toMatchObject({ svid: { minTTL: '30s' }, propagationMargin: '5s' });
    expect(config.leaderElection.duration).toBe(MINUTE);
  });
});

function unreadable(): string {
  throw new Error('ENOENT');
}
