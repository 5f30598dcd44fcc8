// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run simulate`: the lives of fleets in simulated time, recorded for the page that shows them.
 * @module
 */
import { writeFigures } from './figures/write.ts';
import { runPart } from './test-part.ts';
import { takesNothing } from './usage.ts';

const HELP = `Usage: npm run simulate

Runs the queue, the renewal times and the rotation code of the controller over fleets of up to a million identities, in
simulated time and with the costs that docs/benchmarks.json has; records what became of them in docs/simulation/, and
puts that on docs/scale.md.

Needs what npm test needs for a Kubernetes API server: the longest life is in a test project that starts one. Takes about
four minutes on two cores. Exit code 1 when a fleet did not live as it should.`;

if (takesNothing(HELP)) {
  const projects = ['--project', 'property', '--project', 'full'];
  process.exitCode = await runPart(['vitest', 'run', '--update', ...projects, 'simulation']);
  if (process.exitCode === 0) await writeFigures();
}
