import type { CommandRow } from './invocation.ts';

export const REPORT: CommandRow = {
  name: 'report',
  summary: 'make the report page of a result',
  define(command, typed) {
    command
      .argument('<result.json>', 'the output of `aws lambda invoke` or --json')
      .argument('[page.html]', 'the page to write (default: the same name with .html)')
      .action((result: string, page: string | undefined) =>
        typed({ command: 'report', result, page: page ?? result.replace(/(\.json)?$/, '.html') }),
      );
  },
};
