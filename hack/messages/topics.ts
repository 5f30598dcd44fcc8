// SPDX-License-Identifier: Apache-2.0
/**
 * Where on the page of messages the texts of each file of src/ stand. A file with a text that is named nowhere stops the
 * generator.
 * @module
 */

export interface Topic {
  readonly title: string;
  /** Where they are read. */
  readonly intro: string;
  /** Files and folders of src/; of two that fit, the longer one counts. */
  readonly from: readonly string[];
}

export const CONFIGURATION: Topic = {
  title: 'Configuration',
  intro: 'On standard error, all at once; the process ends with exit code 2.',
  from: ['config', 'main.ts'],
};

export const SERVICE_IDENTITY: Topic = {
  title: 'Conditions of a ServiceIdentity',
  intro: 'In `status.conditions`, and in events where they begin.',
  from: ['identity', 'reconcilers/service-identity', 'reconcilers/reload', 'pki/pkcs12-profile.ts'],
};

export const TRUST_DOMAIN: Topic = {
  title: 'Conditions of a TrustDomain',
  intro: 'In `status.conditions`, and in events where they begin; what a rotation waits for is in `status.rotation`.',
  from: [
    'authority',
    'bundle',
    'reconcilers/authority',
    'reconcilers/bundle',
    'pki/imported-authority.ts',
    'pki/imported-chain.ts',
  ],
};

export const IDENTITY_POLICY: Topic = {
  title: 'Conditions of an IdentityPolicy',
  intro: 'In `status.conditions`.',
  from: ['policy/status.ts', 'reconcilers/policy', 'reconcilers/webhook-upkeep/pods-asked.ts'],
};

export const EVENTS: Topic = {
  title: 'Events',
  intro: 'The notes of the [events](events.md) that are not those of a condition.',
  from: ['signals/trust-domain-events.ts', 'signals/identity-observer.ts'],
};

/** What the webhook answers, and conditions with reason InvalidSpec or PolicyViolation say. */
export const ADMISSION: readonly Topic[] = [
  {
    title: 'Answers',
    intro: 'Around the lines below: one where there is one thing to say, else a list.',
    from: [
      'webhook/verdict.ts',
      'webhook/judge',
      'webhook/review.ts',
      'webhook/handler.ts',
      'policy/message.ts',
      'policy/listing.ts',
    ],
  },
  {
    title: 'Fields',
    intro: 'After the path and the value of the field.',
    from: ['api', 'spiffe', 'webhook/shape.ts', 'pki/dns-name.ts'],
  },
  {
    title: 'Policies',
    intro: 'What is wrong and, in another line here, what to do; the name of policy and rule follow.',
    from: ['policy'],
  },
  {
    title: 'Expressions of policies',
    intro: 'After the field with the expression, its line and column.',
    from: ['cel'],
  },
];

export const DETAILS: Topic = {
  title: 'Details of log lines',
  intro: 'The field `detail`, `problem` of a check, and what `unfinished` names.',
  from: ['app', 'signals', 'prober', 'controller', 'reconcilers', 'observability'],
};

export const CAUSES: Topic = {
  title: 'Causes of errors',
  intro: 'Parts of the messages above: what was wrong with an answer, a certificate, a key or a file.',
  from: ['kube', 'pki'],
};

export const HTTP: Topic = {
  title: 'Answers over HTTP',
  intro: 'Of `/livez`, `/readyz`, `/metrics` and the webhook.',
  from: ['observability/server.ts', 'observability/health.ts', 'webhook', 'app/readings.ts'],
};

export const TOPICS: readonly Topic[] = [
  CONFIGURATION,
  SERVICE_IDENTITY,
  TRUST_DOMAIN,
  IDENTITY_POLICY,
  EVENTS,
  ...ADMISSION,
  DETAILS,
  CAUSES,
  HTTP,
];

/** Files whose texts have pages of their own, or stand on this one from their tables. */
export const ELSEWHERE: readonly string[] = [
  'api/conditions.ts',
  'config/default-trust-domain-flags.ts',
  'config/flag.ts',
  'config/flags.ts',
  'config/help.ts',
  'config/tracing-flags.ts',
  'config/webhook-flags.ts',
  'errors.ts',
  'observability/audit.ts',
  'observability/metric-catalog.ts',
  'observability/service-level-metric-catalog.ts',
  'observability/span-catalog.ts',
  'observability/trust-domain-metric-catalog.ts',
  'observability/webhook-metric-catalog.ts',
];

/** Nobody reads these: headers, labels of PEM blocks, names of spans, and what is signed or digested. */
export const NOT_READ: ReadonlySet<string> = new Set([
  ',"time":"<at>"',
  'Basic <Buffer>',
  'Bearer <token>',
  'BEGIN <label>',
  'EC PRIVATE KEY',
  'GET, HEAD',
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'Signet asks a key whether it belongs to this public key',
  'authority step',
  'failed calling webhook',
  'signet password digest <salt>',
  'text/plain; charset=utf-8',
]);
