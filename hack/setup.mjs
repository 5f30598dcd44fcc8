// SPDX-License-Identifier: Apache-2.0
/**
 * Installs the npm packages when they differ from package-lock.json, and is over in a blink when they do not.
 * Runs before the demo, the tests and the benchmarks, on whatever Node the machine has (20 or newer), so it is
 * plain JavaScript without a dependency.
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const PROJECT_NODE = 26;

/** The stamp that says which lock file `node_modules` was installed from. */
const STAMP = path.join('node_modules', '.signet-setup');

/** @param {string} version @returns {number} */
function majorVersion(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10);
}

/** PATH without any `node_modules/.bin`: npm must not run on the Node that it is about to replace.
 * @param {string} value @returns {string} */
function withoutPackageBins(value) {
  return value
    .split(path.delimiter)
    .filter((entry) => !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(entry))
    .join(path.delimiter);
}

/** @param {string} root @returns {string} */
function lockSum(root) {
  const lock = path.join(root, 'package-lock.json');
  if (!existsSync(lock)) throw new Error('package-lock.json is missing: restore it (git checkout package-lock.json).');
  return createHash('sha256').update(readFileSync(lock)).digest('hex');
}

/** @param {string} root @returns {boolean} */
function isInstalled(root) {
  const stamp = path.join(root, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === lockSum(root);
}

/** The packages of the lock file that this machine gets, nested ones left out.
 * @param {string} root @returns {string[]} */
function packagesExpected(root) {
  const { packages = {} } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
  return Object.entries(packages)
    .filter(([name]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(name))
    .filter(([, wants]) => !wants.os || wants.os.includes(process.platform))
    .filter(([, wants]) => !wants.cpu || wants.cpu.includes(process.arch))
    .filter(([, wants]) => !wants.libc || wants.libc.includes(libc))
    .map(([name]) => name);
}

/** @param {string} root @returns {(succeeded: boolean) => void} */
function showProgress(root) {
  const began = Date.now();
  const expected = packagesExpected(root);
  const terminal = process.stderr.isTTY;
  // npm makes all folders first: a package is there when its own package.json is.
  const present = () => expected.filter((name) => existsSync(path.join(root, name, 'package.json'))).length;
  const show = () => {
    const seconds = Math.round((Date.now() - began) / 1000);
    const text = `Installing npm packages: ${present()} of about ${expected.length} (${seconds} s)`;
    process.stderr.write(terminal ? `\r\x1b[2K${text}` : `${text}\n`);
  };
  process.stderr.write(terminal ? '' : 'Installing npm packages ...\n');
  const timer = setInterval(show, terminal ? 500 : 5000);
  return (succeeded) => {
    clearInterval(timer);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    const text = succeeded ? `Installed ${present()} npm packages (${seconds} s)\n` : '';
    process.stderr.write(`${terminal ? '\r\x1b[2K' : ''}${text}`);
  };
}

/** @param {string} root @returns {Promise<{ code: number, output: string }>} */
function npmCI(root) {
  const environment = { ...process.env, PATH: withoutPackageBins(process.env.PATH ?? '') };
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  return new Promise((resolve) => {
    const child = spawn('npm', args, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The Node that npm scripts will find: the installed package, or the machine's own.
 * @param {string} root @returns {string} */
function scriptNode(root) {
  const installed = path.join(root, 'node_modules', '.bin', 'node');
  const program = existsSync(installed) ? installed : 'node';
  const answer = spawnSync(program, ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: withoutPackageBins(process.env.PATH ?? '') },
  });
  return (answer.stdout ?? '').trim();
}

/** @param {string} root @returns {Promise<void>} */
async function setUp(root) {
  if (majorVersion(process.version) < OLDEST_NODE) {
    throw new Error(`Node ${process.version} is too old: install Node ${OLDEST_NODE} or newer (any way you like).`);
  }
  const sum = lockSum(root);
  if (isInstalled(root)) return;
  const unlock = await takeTurn(root);
  try {
    // Whoever had the turn before may have done it all.
    if (!isInstalled(root)) await install(root, sum);
  } finally {
    unlock();
  }
}

/** Two installs at once in one folder break each other: waits until no living process holds the lock file.
 * @param {string} root @returns {Promise<() => void>} */
async function takeTurn(root) {
  const lock = path.join(root, '.setup-lock');
  for (let told = false; ; told = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isAlive(lock)) rmSync(lock, { force: true });
    else if (!told) process.stderr.write('Another set-up of this folder is at work; waiting for it ...\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @param {string} lock @returns {boolean} */
function isAlive(lock) {
  try {
    process.kill(Number.parseInt(readFileSync(lock, 'utf8'), 10), 0);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} output of npm @returns {string} */
function remedy(output) {
  if (/ENOSPC|no space left/i.test(output)) {
    return 'free some disk space (the packages take about 600 MB, and npm keeps them in its cache as well)';
  }
  return (
    'check that npm is on PATH (npm --version), that it reaches its registry (npm ping) and that\n' +
    'package-lock.json is unchanged (git status)'
  );
}

/** @param {string} root @param {string} sum @returns {Promise<void>} */
async function install(root, sum) {
  rmSync(path.join(root, STAMP), { force: true });
  const finish = showProgress(root);
  const { code, output } = await npmCI(root);
  finish(code === 0);
  if (code !== 0) {
    throw new Error(
      `npm ci failed (exit code ${code}):\n${output.trim().split('\n').slice(-20).join('\n')}\n\n` +
        `What to do: ${remedy(output)}, then run the command again.`,
    );
  }
  const version = scriptNode(root);
  if (!(majorVersion(version) >= PROJECT_NODE)) {
    throw new Error(
      `The scripts need Node ${PROJECT_NODE} and found ${version || 'none'}: its package for ` +
        `${process.platform}-${process.arch} does not exist, was not to be had, or does not run here.\n` +
        `What to do: install Node ${PROJECT_NODE} on this machine and run the command again.`,
    );
  }
  writeFileSync(path.join(root, STAMP), `${sum}\n`);
}

setUp(path.dirname(path.dirname(fileURLToPath(import.meta.url)))).catch((error) => {
  process.stderr.write(`\nSet-up failed. ${error.message}\n`);
  process.exitCode = 1;
});
