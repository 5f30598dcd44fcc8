// SPDX-License-Identifier: Apache-2.0
/** @module What a command says of arguments that it does not take. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Of a command that takes no arguments but `--help`: whether it may begin; otherwise its help is said, and the exit code is 2 where nobody asked for that. */
export function takesNothing(help: string, args: readonly string[] = process.argv.slice(2)): boolean {
  const unknown = args.filter((arg) => arg !== '--help');
  if (unknown.length > 0) {
    console.error(`unknown argument ${unknown.join(', ')}\n\n${help}`);
    process.exitCode = 2;
  } else if (args.length > 0) console.log(help);
  return args.length === 0;
}

/** What `parseArgs` makes of them; undefined where it refuses them, once that and the help are said. The exit code is 2 then. */
export function parsedArgs<T extends ParseArgsConfig>(
  help: string,
  config: T,
): ReturnType<typeof parseArgs<T>> | undefined {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')))
      throw error;
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = 2;
    return undefined;
  }
}
