// SPDX-License-Identifier: Apache-2.0
/**
 * What negative controls do to the files of a pod, so that a lab that counts no failure is known to look.
 * @module
 */
import { certificateBlocks, type PodFiles } from './chain-state.ts';

/** Leaf, intermediate, cross-certificate. */
const WITH_CROSS_CERTIFICATE = 3;

/** The last of three certificates left out of tls.crt, as if there were no cross-certificates. */
export function withoutCrossCertificate(files: PodFiles): PodFiles {
  const blocks = certificateBlocks(files.certificate);
  if (blocks.length < WITH_CROSS_CERTIFICATE) return files;
  return { ...files, certificate: blocks.slice(0, WITH_CROSS_CERTIFICATE - 1).join('') };
}

/** Trusts somebody else instead. */
export function trusting(anchors: string): (files: PodFiles) => PodFiles {
  return (files) => ({ ...files, anchors });
}
