// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run pictures`: the dashboards of docs/images, drawn from a controller at work.
 * @module
 */
import { runPart } from './test-part.ts';
import { takesNothing } from './usage.ts';

const HELP = `Usage: npm run pictures

Starts a control plane, the controller, webhooks and Prometheus, lets some troubles happen and pass, and draws each
dashboard from what Prometheus answers to its queries, into docs/images/.

Needs what npm test needs for a Kubernetes API server, Prometheus, on PATH or built by Go, and Chromium or Chrome on PATH.
Takes about four minutes.`;

if (takesNothing(HELP)) process.exitCode = await runPart(['vitest', 'run', '--project', 'pictures']);
