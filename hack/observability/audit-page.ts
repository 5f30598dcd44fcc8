// SPDX-License-Identifier: Apache-2.0
/** @module docs/reference/audit.md: the codes and fields of the audit stream, from the tables in the code. */
import { AUDIT_CODES, AUDIT_FIELDS } from '../../src/observability/audit.ts';

const HEAD = `# Audit stream

Generated from \`src/observability/audit.ts\` by \`npm run generate\`.

Controller and webhook write who or what caused each issuance, refusal, rotation and compromise: one JSON object a line, on
standard output among the lines of the log, told apart by \`"channel":"audit"\`. \`--audit-log=off\` turns it off. No line is
left out under load, but for \`ADMISSION_DENIED\` below; none holds a key, a token or the content of a Secret, and none
depends on \`--log-level\`.

\`\`\`json
{"channel":"audit","schema":1,"time":"2026-06-15T12:00:00.000Z","code":"SVID_ISSUED","outcome":"success","instance":"signet-controller-6f7c-x2","correlationID":"1d1c9bd6-0a5f-4b0e-8f0f-1f3a1c1f2b11:1","kind":"ServiceIdentity","namespace":"shop","name":"checkout","reason":"FirstIssuance","serviceAccount":"checkout","spiffeID":"spiffe://example.org/ns/shop/sa/checkout","serialNumber":"4f1c...","fingerprint":"9a0d...","authorityID":"77be...","notBefore":"2026-06-15T11:59:00Z","notAfter":"2026-06-15T13:00:00Z"}
\`\`\`

## Following one change

\`correlationID\` is the object's \`uid\` and \`generation\`. Both are fixed before the webhook is asked, so that a refusal there, the
log of the webhook, the issuance and the status (\`observedGeneration\`) of one change carry the same; nothing has to be
handed on, and a restart loses nothing. From there to the Secret: \`serialNumber\` is in status and in \`tls.crt\`, and the
Secret's owner has the same \`uid\`. A renewal has the generation of the spec that it renews.

A refusal is told when it begins and when its words change, not at every try; a failure at every try.

## Who is believed at admission

\`ADMISSION_DENIED\` is only as authentic as the network path to the webhook. The webhook believes the review that it is sent,
\`user\` included, and does not ask who sends it: whoever can connect to it can have any refusal recorded of anybody. Let only API servers connect (\`networkPolicy.webhookFrom\` of the [chart](values.md)), and take what
has to be proven from the audit log of the API server. Other codes do not rest on reviews.

So that nobody fills the log with it, each replica of the webhook writes 100 such lines at once and 20 a second after that;
\`leftOut\` of the next line says how many it did not write, and \`signet_admission_reviews_total\` counts all of them. The
same holds for the webhook's log lines \`Refused\` and \`Review could not be judged\`, each by itself.
`;

export function auditPage(): string {
  return [
    HEAD,
    '## Codes',
    '',
    'A code never changes its meaning. New ones may come: ignore what you do not know.',
    '',
    '| Code | Meaning |',
    '|---|---|',
    ...rows(AUDIT_CODES),
    '',
    '## Fields',
    '',
    'In this order. What does not apply is absent.',
    '',
    '| Field | Meaning |',
    '|---|---|',
    ...rows(AUDIT_FIELDS),
    '',
  ].join('\n');
}

function rows(table: Readonly<Record<string, string>>): string[] {
  return Object.entries(table).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
}
