// SPDX-License-Identifier: Apache-2.0
/**
 * The Go module that builds a Kubernetes version other than the committed one. Kubernetes' own go.mod replaces each of
 * its libraries by a folder of its repository; every release has its own list of them (1.37 has two that 1.34 lacks), so the list
 * is read off that very go.mod and each entry is pointed at the library's published module instead.
 * @module
 */
import { KUBERNETES_PACKAGES, type KubernetesVersion, libraryVersion } from './versions.ts';

/** The libraries that a Kubernetes go.mod replaces by a folder of its own repository, in its order. */
export function stagedLibraries(goMod: string): string[] {
  const found = goMod.matchAll(/^\s*(?:replace\s+)?(k8s\.io\/[\w.-]+)(?:\s+v\S+)?\s+=>\s+\.\/staging\/\S+\s*$/gm);
  return [...found].map((match) => match[1] ?? '').filter((name) => name !== '');
}

/** The `go` directive of a go.mod. */
export function goDirective(goMod: string): string {
  const version = /^go\s+(\S+)\s*$/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('The go.mod of Kubernetes has no go directive');
  return version;
}

/** The text of a go.mod that builds `version`, from the go.mod of that release. An Error when it names no library. */
export function kubernetesModule(version: KubernetesVersion, goMod: string): string {
  const libraries = stagedLibraries(goMod);
  if (libraries.length === 0) throw new Error(`The go.mod of Kubernetes ${version.text} replaces no library`);
  const published = libraryVersion(version);
  return [
    'module signet.dev/hack/kubernetes',
    `go ${goDirective(goMod)}`,
    `require k8s.io/kubernetes v${version.text}`,
    `replace (\n${libraries.map((name) => `\t${name} => ${name} ${published}`).join('\n')}\n)`,
    `tool (\n${Object.values(KUBERNETES_PACKAGES)
      .map((name) => `\t${name}`)
      .join('\n')}\n)`,
    '',
  ].join('\n\n');
}
