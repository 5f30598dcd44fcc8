// SPDX-License-Identifier: Apache-2.0
/** @module Commands that take no arguments but `--help`. */

/** Whether the command may begin; otherwise its help is said, and the exit code is 2 where nobody asked for that. */
export function takesNothing(help: string, args: readonly string[] = process.argv.slice(2)): boolean {
  const unknown = args.filter((arg) => arg !== '--help');
  if (unknown.length > 0) {
    console.error(`unknown argument ${unknown.join(', ')}\n\n${help}`);
    process.exitCode = 2;
  } else if (args.length > 0) console.log(help);
  return args.length === 0;
}
