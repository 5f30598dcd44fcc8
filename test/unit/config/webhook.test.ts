// SPDX-License-Identifier: Apache-2.0
/**
 * The flags of `signet webhook`, and what the controller is told of it.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { type Command, parseCommand } from '../../../src/config/parse.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';

function parse(argv: readonly string[]): Command {
  return parseCommand({ argv, env: {}, readFile: () => undefined });
}

function controller(...flags: string[]): Command {
  return parse(['controller', '--trust-domain=example.org', '--namespace=signet-system', ...flags]);
}

function both(...flags: string[]): Command {
  return parse(['all', '--namespace=signet-system', ...flags]);
}

describe('signet all', () => {
  it('takes the flags of both, and serves the metrics of the webhook on the next port', () => {
    const command = both(
      '--trust-domain=example.org',
      '--workers=3',
      '--webhook-address=:1',
      '--metrics-address=:9500',
    );
    expect(command).toMatchObject({
      kind: 'all',
      controller: { workers: 3, metricsAddress: { port: 9500 } },
      webhook: { address: { port: 1 }, metricsAddress: { port: 9501 } },
    });
    expect(both('--trust-domain=example.org', '--metrics-address=:0')).toMatchObject({
      webhook: { metricsAddress: { port: 0 } },
    });
  });

  it('says once what is wrong for both', () => {
    expect(both('--log-level=loud', '--webhook-address=x')).toMatchObject({
      problems: [
        expect.stringContaining('--trust-domain is missing'),
        expect.stringContaining('--log-level'),
        expect.stringContaining('--webhook-address'),
      ],
    });
  });
});

describe('signet webhook', () => {
  it('needs nothing but its namespace', () => {
    expect(parse(['webhook', '--namespace=signet-system'])).toEqual({
      kind: 'webhook',
      config: {
        clusterDomain: 'cluster.local',
        namespace: 'signet-system',
        kubeconfig: undefined,
        context: undefined,
        serviceAccountDirectory: '/var/run/secrets/kubernetes.io/serviceaccount',
        address: { host: undefined, port: 9443 },
        shutdownDelay: 5 * SECOND,
        secretName: 'signet-webhook-serving',
        secretMetadataPrefixes: [],
        metricsAddress: { host: undefined, port: 9402 },
        log: { level: 'info', format: 'json' },
        auditLog: 'stdout',
      },
    });
  });

  it('takes no flags of the controller', () => {
    expect(parse(['webhook', '--namespace=x', '--workers=3'])).toMatchObject({
      problems: ['unknown flag --workers: signet webhook --help lists all flags'],
    });
  });
});

describe('the webhook that the controller looks after', () => {
  it('is none without its configurations', () => {
    expect(controller('--webhook-service=other')).not.toHaveProperty('config.webhook');
  });

  it('is served under the names of its Service and those that are asked for', () => {
    const flags = ['--webhook-configurations=signet-webhook, other', '--webhook-dns-names=localhost'];
    expect(controller(...flags)).toHaveProperty('config.webhook', {
      configurations: ['signet-webhook', 'other'],
      secretName: 'signet-webhook-serving',
      dnsNames: ['signet-webhook.signet-system.svc', 'signet-webhook.signet-system.svc.cluster.local', 'localhost'],
      lifetime: 24 * 60 * MINUTE,
      probeInterval: MINUTE,
    });
  });

  it.each([
    ['--webhook-configurations=a,,b', '"" must consist of'],
    ['--webhook-configurations=A', '"A"'],
    ['--webhook-dns-names=*.example.org', 'must not have a wildcard'],
    ['--webhook-certificate-ttl=9s', 'must be at least 10s'],
  ])('is not configured by %s', (flag, problem) => {
    expect(controller(flag)).toMatchObject({ problems: [expect.stringContaining(problem)] });
  });
});
