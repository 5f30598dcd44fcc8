// SPDX-License-Identifier: Apache-2.0
// `helm test`: asks the API server, as a pod with rights to nothing else, whether the TrustDomain `default` is Ready and,
// with the argument `webhook`, whether the webhook refuses what it must.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const trustDomains = '/apis/signet.dev/v1alpha1/trustdomains';
const deadline = Date.now() + 60_000;

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        method,
        host: process.env.KUBERNETES_SERVICE_HOST,
        port: process.env.KUBERNETES_SERVICE_PORT,
        path,
        ca: readFileSync(`${account}/ca.crt`),
        headers: {
          authorization: `Bearer ${readFileSync(`${account}/token`, 'utf8').trim()}`,
          ...(body && { 'content-type': 'application/apply-patch+yaml' }),
        },
        timeout: 10_000,
      },
      async (response) => resolve({ code: response.statusCode, body: JSON.parse((await response.toArray()).join('')) }),
    );
    asked.on('timeout', () => asked.destroy(new Error('timed out')));
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

/** Undefined: it is; else what is there instead. */
async function trustDomainIsReady() {
  const { code, body } = await call('GET', `${trustDomains}/default`);
  if (code !== 200) return `HTTP ${code}: ${body.message}`;
  const ready = body.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? undefined : JSON.stringify(ready ?? 'no condition Ready yet');
}

/** A dry run of what nobody may create; nothing is stored, whatever is answered. */
async function webhookRefuses() {
  const name = 'signet-admission-probe';
  const { code, body } = await call('PATCH', `${trustDomains}/${name}?dryRun=All&fieldManager=helm-test`, {
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'TrustDomain',
    metadata: { name },
    spec: { trustDomain: 'admission-probe.invalid', authority: { source: { type: 'SelfSigned', selfSigned: {} } } },
  });
  if (code < 300) return 'admitted: nobody asked the webhook';
  return body.message?.includes('admission webhook "trustdomains.signet.dev" denied')
    ? undefined
    : `HTTP ${code}: ${body.message}`;
}

async function until(what, look) {
  for (;;) {
    const seen = await look().catch(String);
    if (seen === undefined) return console.log(what);
    if (Date.now() > deadline) {
      console.error(`Not so: ${what} (${seen})`);
      process.exit(1);
    }
    await delay(1_000);
  }
}

await until('the TrustDomain default is Ready', trustDomainIsReady);
if (process.argv.includes('webhook')) await until('the webhook refuses what it must', webhookRefuses);
