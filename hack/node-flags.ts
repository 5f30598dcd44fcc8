// SPDX-License-Identifier: Apache-2.0
/**
 * How Node.js is started in the image. A test holds the image, the chart and the program's own first line to it.
 * @module
 */

export const NODE_FLAGS = [
  '--disable-sigusr1',
  '--expose-gc',
  '--max-semi-space-size=8',
  '--v8-pool-size=0',
  '--no-maglev-destroy-on-background',
  '--max-old-space-size=256',
] as const;
