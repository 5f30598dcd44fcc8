// SPDX-License-Identifier: Apache-2.0
// `helm test`: asks the API server, as a pod with rights to nothing else, whether the TrustDomain `default` is Ready.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const deadline = Date.now() + 60_000;
let seen = 'nothing yet';

function get(path) {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: process.env.KUBERNETES_SERVICE_HOST,
        port: process.env.KUBERNETES_SERVICE_PORT,
        path,
        ca: readFileSync(`${account}/ca.crt`),
        headers: { authorization: `Bearer ${readFileSync(`${account}/token`, 'utf8').trim()}` },
        timeout: 5_000,
      },
      async (response) => resolve({ code: response.statusCode, body: JSON.parse((await response.toArray()).join('')) }),
    );
    call.on('timeout', () => call.destroy(new Error('timed out')));
    call.on('error', reject);
    call.end();
  });
}

while (Date.now() < deadline) {
  try {
    const { code, body } = await get('/apis/signet.dev/v1alpha1/trustdomains/default');
    const ready = body.status?.conditions?.find(({ type }) => type === 'Ready');
    seen = code === 200 ? JSON.stringify(ready ?? 'no condition Ready yet') : `HTTP ${code}: ${body.message}`;
    if (ready?.status === 'True') {
      console.log(`TrustDomain default is Ready: spiffe://${body.spec.trustDomain}`);
      process.exit(0);
    }
  } catch (error) {
    seen = String(error);
  }
  await delay(1_000);
}
console.error(`TrustDomain default is not Ready: ${seen}`);
process.exit(1);
