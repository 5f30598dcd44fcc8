// SPDX-License-Identifier: Apache-2.0
/**
 * The flags about the webhook: of its own role, and of the controller that looks after it.
 * @module
 */
import type { Duration } from '../time.ts';
import type { ListenAddress } from './config.ts';
import { type Flag, ROLES } from './flag.ts';
import * as parse from './value-parsers.ts';

export interface WebhookValues {
  readonly webhookAddress: ListenAddress;
  readonly webhookShutdownDelay: Duration;
  readonly webhookSecret: string;
  readonly webhookConfigurations: readonly string[] | undefined;
  readonly webhookService: string;
  readonly webhookDNSNames: readonly string[] | undefined;
  readonly webhookCertificateTTL: Duration;
  readonly webhookProbeInterval: Duration;
}

export const WEBHOOK_FLAGS: { readonly [Key in keyof WebhookValues]: Flag<NonNullable<WebhookValues[Key]>> } = {
  webhookAddress: {
    name: 'webhook-address',
    section: 'Webhook',
    roles: ['webhook'],
    value: 'HOST:PORT',
    default: ':9443',
    help: 'Where the webhook is served to API servers. Port 0 takes any free one and logs it.',
    parse: parse.listenAddress,
  },
  webhookShutdownDelay: {
    name: 'webhook-shutdown-delay',
    section: 'Webhook',
    roles: ['webhook'],
    value: 'DURATION',
    default: '5s',
    help: 'How long the webhook goes on answering after SIGTERM, until API servers have heard that it is not ready.',
    parse: parse.duration,
  },
  webhookSecret: {
    name: 'webhook-secret',
    section: 'Webhook',
    roles: ROLES,
    value: 'NAME',
    default: 'signet-webhook-serving',
    help: "Name of the Secret with the webhook's serving certificate, in the namespace of the controller.",
    parse: parse.objectName,
  },
  webhookConfigurations: {
    name: 'webhook-configurations',
    section: 'Webhook',
    value: 'LIST',
    otherwise: 'none',
    help: 'Names of the ValidatingWebhookConfigurations of the webhook, separated by commas, whose caBundle the controller keeps; the second is the one about Pods. Without them it makes no serving certificate and proves nothing.',
    parse: parse.objectNames,
  },
  webhookService: {
    name: 'webhook-service',
    section: 'Webhook',
    value: 'NAME',
    default: 'signet-webhook',
    help: 'Service of the webhook; the serving certificate names it.',
    parse: parse.dnsLabel,
  },
  webhookDNSNames: {
    name: 'webhook-dns-names',
    section: 'Webhook',
    value: 'LIST',
    otherwise: 'none',
    help: 'Further DNS names in the serving certificate, separated by commas, for API servers that reach the webhook by URL.',
    parse: parse.dnsNames,
  },
  webhookCertificateTTL: {
    name: 'webhook-certificate-ttl',
    section: 'Webhook',
    value: 'DURATION',
    default: '24h',
    help: 'Lifetime of the serving certificate, at least 10s. It is replaced at half of it.',
    parse: parse.durationFrom(10_000),
  },
  webhookProbeInterval: {
    name: 'webhook-probe-interval',
    section: 'Webhook',
    value: 'DURATION',
    default: '1m',
    help: 'How often the controller proves, by a dry run, that admission works.',
    parse: parse.durationFrom(1_000),
  },
};
