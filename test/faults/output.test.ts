import { expect, it } from 'vitest';
import { deploy, logLines } from '../support.ts';

/** Makes the process's output fail at the line with the metrics, before anything of the bundle is loaded. */
const METRICS_FAIL = `
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk, ...rest) => {
    if (String(chunk).includes('"_aws"')) throw new Error('no space left');
    return write(chunk, ...rest);
  };
`;

it('a run whose metrics cannot be written is done, logged and returned all the same', async () => {
  const preload = `--import=data:text/javascript,${encodeURIComponent(METRICS_FAIL)}`;
  await using deployment = await deploy({ environment: { NODE_OPTIONS: preload } });
  const { functionError, payload, log } = await deployment.invoke();
  expect(functionError).toBeUndefined();
  expect(payload).toMatchObject({ status: 'completed', clusters: [{ outcome: { verified: 449 } }] });
  expect(logLines(log).at(-1)).toMatchObject({ message: 'Run completed', status: 'completed' });
});
