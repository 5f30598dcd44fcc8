// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run pictures`: docs/images, the dashboards drawn from a controller at work and the demo from what it prints.
 * @module
 */
import { runPart } from './test-part.ts';
import { takesNothing } from './usage.ts';

const HELP = `Usage: npm run pictures

Starts a control plane, the controller, webhooks and Prometheus, lets some troubles happen and pass, and draws each
dashboard from what Prometheus answers to its queries, into docs/images/. Runs the demo and draws what it prints, too.

Needs what npm test needs for a Kubernetes API server, Prometheus, on PATH or built by Go, and Chromium or Chrome on PATH.
Takes about five minutes.`;

if (takesNothing(HELP)) process.exitCode = await runPart(['vitest', 'run', '--project', 'pictures']);
