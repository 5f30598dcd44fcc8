// SPDX-License-Identifier: Apache-2.0
/** @module docs/reference/traces.md: the spans and their attributes, from the catalog in the code. */
import { SPAN_ATTRIBUTES, SPANS } from '../../src/observability/span-catalog.ts';

const HEAD = `# Traces

Generated from \`src/observability/span-catalog.ts\` by \`npm run generate\`.

With \`--otlp-endpoint\` controller and webhook send these spans to a collector, as \`signet-controller\` and \`signet-webhook\`;
[Observability](../observability.md#traces) says how. What begins a trace is a run of a controller, a review or a round of the prober.
A run in which nothing was done and nothing failed is left out.

\`\`\`text
reconcile                       service-identity shop/checkout, waited 3 ms, first try
  issue                         FirstIssuance, spiffe://example.org/ns/shop/sa/checkout, serial 4f1c...
    mint
    verify
    store
      create secrets            201
  update serviceidentities      200
\`\`\`

A span that failed has \`error.type\` and the message that the log has too. None holds a key, a token, the content of a Secret or
the user of a review. Names and attributes may change with a minor version.
`;

export function tracesPage(): string {
  return [
    HEAD,
    '## Spans',
    '',
    '| Span | Part of | Meaning | Attributes |',
    '|---|---|---|---|',
    ...Object.entries(SPANS).map(
      ([name, { help, within = 'none', attributes }]) =>
        `| \`${name}\` | ${within} | ${help} | ${attributes.map((attribute) => `\`${attribute}\``).join(', ')} |`,
    ),
    '',
    '## Attributes',
    '',
    'Those of the resource are `service.name`, `service.version`, `service.instance.id` (the pod) and `k8s.namespace.name`.',
    '',
    '| Attribute | Meaning |',
    '|---|---|',
    ...Object.entries(SPAN_ATTRIBUTES).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
    '',
  ].join('\n');
}
