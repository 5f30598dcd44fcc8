// SPDX-License-Identifier: Apache-2.0
/**
 * The denominator of the webhook's benchmark, in a process of its own: express over HTTPS with TLS 1.3, which reads the
 * body of each request and gives everybody the same answer. Arguments: the PEM files of certificate and key.
 * @module
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';

const [, , certificate = '', key = ''] = process.argv;
const ANSWER = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: '00000000-0000-0000-0000-000000000000', allowed: true },
});

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.post('/review', express.raw({ type: () => true, limit: '8mb', inflate: false }), (_: Request, to: Response) => {
  to.status(200).set({ 'content-type': 'application/json', 'cache-control': 'no-store' }).end(ANSWER);
});
const tls = { cert: readFileSync(certificate), key: readFileSync(key), minVersion: 'TLSv1.3' } as const;
const server = createServer({ ...tls, keepAliveTimeout: 120_000 }, app);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: 'Serving admission reviews', port }));
});
