import { expect, it } from 'vitest';
import { deploy, logLines } from '../../support/deployment.ts';

// Each makes the line with the metrics fail, and is loaded before anything of the bundle.
const STREAM_FAILS = `
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk, ...rest) => {
    if (String(chunk).includes('"_aws"')) throw new Error('no space left');
    return write(chunk, ...rest);
  };
`;
const CONSOLE_FAILS = `
  import { Console } from 'node:console';
  const { log } = Console.prototype;
  Console.prototype.log = function (...values) {
    if (String(values[0]).includes('"_aws"')) throw new Error('out of order');
    log.apply(this, values);
  };
`;

it.each([
  // Node.js's console does not report that its stream has failed, so there is nothing to log.
  ['their stream fails', STREAM_FAILS, ['Run started', 'Run completed']],
  ['their writing throws', CONSOLE_FAILS, ['Metrics not written', 'Run completed', 'Run started']],
])(
  'a run whose metrics cannot be written, because %s, is still completed, logged and returned',
  async (_, module, messages) => {
    const preload = `--import=data:text/javascript,${encodeURIComponent(module)}`;
    await using deployment = await deploy({ environment: { NODE_OPTIONS: preload } });
    const { functionError, payload, log } = await deployment.invoke();
    expect(functionError).toBeUndefined();
    expect(payload).toMatchObject({ status: 'completed', clusters: [{ outcome: { verified: 445 } }] });
    expect(log).not.toContain('"_aws"');
    expect(
      logLines(log)
        .map(({ message }) => message)
        .sort(),
    ).toEqual(messages.sort());
  },
);
