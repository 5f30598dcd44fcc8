// SPDX-License-Identifier: Apache-2.0
/**
 * The image of the process that holds a pod's namespaces: a static C program that sleeps, in an archive made by hand,
 * so that no registry is needed for it.
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../controlplane/command.ts';

export const PAUSE_IMAGE = 'localhost/pause:3.10';

const SOURCE = `#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, NULL, WNOHANG) > 0) {} }
int main(void) {
  struct sigaction a = {.sa_handler = end}, b = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  sigaction(SIGINT, &a, NULL);
  sigaction(SIGTERM, &a, NULL);
  sigaction(SIGCHLD, &b, NULL);
  for (;;) pause();
}
`;

/** Makes the image in `directory`; gives back the path of its archive. */
export async function pauseImage(directory: string): Promise<string> {
  const work = path.join(directory, 'pause');
  await mkdir(work, { recursive: true });
  const place = (name: string): string => path.join(work, name);
  await writeFile(place('pause.c'), SOURCE);
  await runCommand('cc', ['-Os', '-static', '-o', place('pause'), place('pause.c')]);
  await tar(place('layer.tar'), work, ['pause']);
  const sum = createHash('sha256')
    .update(await readFile(place('layer.tar')))
    .digest('hex');
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const config = {
    architecture,
    os: 'linux',
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sum}`] },
  };
  await writeFile(place('config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [PAUSE_IMAGE], Layers: ['layer.tar'] }];
  await writeFile(place('manifest.json'), JSON.stringify(manifest));
  const archive = path.join(directory, 'pause.tar');
  await tar(archive, work, ['manifest.json', 'config.json', 'layer.tar']);
  return archive;
}

async function tar(archive: string, folder: string, files: readonly string[]): Promise<void> {
  await runCommand('tar', ['--create', '--file', archive, '--directory', folder, '--owner=0', '--group=0', ...files]);
}
