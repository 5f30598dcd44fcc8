// SPDX-License-Identifier: Apache-2.0
/**
 * Loaded before a program (`node --import`): its wall clock is off by as many milliseconds as a file says, from the
 * moment the file says so. Monotonic time and timers go on as they are, as they do where NTP has failed.
 * @module
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 20;

const file = new URL(import.meta.url).searchParams.get('file') ?? '';
const honest = Date.now;
let skew = 0;

function look(): void {
  skew = Number(readFileSync(file, 'utf8'));
}

look();
setInterval(look, LOOK_EVERY_MS).unref();
Date.now = () => honest() + skew;
