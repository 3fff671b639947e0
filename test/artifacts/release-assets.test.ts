import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledPackages } from '../../build/bundled-packages.ts';
import { sbomOf } from '../../build/sbom.ts';
import { startFunction } from '../sandbox/function/function.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { BUNDLE } from '../support/deployment.ts';
import { PROJECT } from '../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'release-'));
/** The function that the tests have built, and its assets. */
const handler = dirname(BUNDLE);
const here = join(folder, 'here');

function make(commands: string, environment: Readonly<Record<string, string>>): void {
  execFileSync('sh', ['-ec', commands], { cwd: PROJECT, env: { ...process.env, ...environment } });
}

beforeAll(
  () => make('umask 022; node build/release-assets.ts "$FROM" "$TO"', { FROM: handler, TO: here, TZ: 'UTC' }),
  120_000,
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(here, name));

/** The mode of each file in a ZIP file, from the entries of its central directory. */
function modesIn(zip: Buffer): number[] {
  const modes: number[] = [];
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 4))
    modes.push(zip.readUInt32LE(at + 38) >>> 16);
  return modes;
}

describe('the assets of a release', () => {
  it('have the same bytes whatever the time zone, the locale and the umask', () => {
    const there = join(folder, 'there');
    const commands = `umask 077; mkdir "$TO"
      node esbuild.config.mjs "$TO/handler"; node build/release-assets.ts "$TO/handler" "$TO/release"`;
    make(commands, { TO: there, TZ: 'Pacific/Apia', LC_ALL: 'tr_TR.UTF-8' });
    expect(readdirSync(join(there, 'release'))).toEqual(readdirSync(here));
    for (const name of readdirSync(here))
      expect(readFileSync(join(there, 'release', name)), name).toEqual(read(name));
    expect(statSync(join(there, 'release', 'handler.zip')).mode & 0o777).toBe(0o644);
  });

  it('are all listed in SHA256SUMS, and pass sha256sum', () => {
    const checked = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: here, encoding: 'utf8' });
    const others = readdirSync(here).filter((name) => name !== 'SHA256SUMS');
    expect(others).toContain('handler.zip');
    expect(checked).toBe(others.map((name) => `${name}: OK\n`).join(''));
  });
});

describe('handler.zip', () => {
  it('contains the bundle and its licences, without timestamps, readable by everyone', () => {
    const names = Object.keys(unzipSync(read('handler.zip')));
    expect(names).toEqual(readdirSync(handler).sort());
    expect(names).toEqual(expect.arrayContaining(['index.mjs', 'THIRD-PARTY-NOTICES.txt']));
    expect(modesIn(read('handler.zip'))).toEqual(names.map(() => 0o100644));
  });

  it('contains a function that runs', async () => {
    const code = join(folder, 'code');
    mkdirSync(code);
    for (const [name, content] of Object.entries(unzipSync(read('handler.zip'))))
      writeFileSync(join(code, name), content);
    await using sandbox = await startSandbox();
    await using unzipped = await startFunction({
      bundle: join(code, 'index.mjs'),
      environment: { ...sandbox.environment, OS: 'Linux', INTERRUPTION_THRESHOLD: '20' },
      timeoutSeconds: 60,
    });
    const { functionError, payload } = await unzipped.invoke({ dryRun: true });
    expect(functionError).toBeUndefined();
    expect(payload).toMatchObject({ clusters: [{ actions: { add: 445 } }] });
  });
});

describe('handler.cdx.json', () => {
  const metafile = () => JSON.parse(readFileSync(`${handler}.meta.json`, 'utf8'));

  it('names the packages that are in the bundle, with their checksums, and no others', () => {
    const { bomFormat, serialNumber, components, dependencies, metadata } = JSON.parse(
      `${read('handler.cdx.json')}`,
    );
    // GitHub attests only what has these two.
    expect(bomFormat).toBe('CycloneDX');
    expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    const refs = bundledPackages(metafile(), PROJECT).map(({ name, version }) => `${name}@${version}`);
    expect(components.map((component: Record<string, unknown>) => component['bom-ref']).sort()).toEqual(
      refs.sort(),
    );
    for (const { hashes } of components)
      expect(hashes).toEqual([expect.objectContaining({ alg: 'SHA-512' })]);
    expect(metadata).toMatchObject({ component: { name: 'spot-blacklist' } });
    const own = dependencies.find(({ ref }: { ref: string }) => ref === metadata.component['bom-ref']);
    expect(own.dependsOn).toContainEqual(expect.stringMatching(/^got@/));
  });

  it('is not made if npm does not know a bundled package', () => {
    const [first] = bundledPackages(metafile(), PROJECT);
    const unknown = [first].flatMap((one) => (one === undefined ? [] : [{ ...one, version: '0.0.0' }]));
    expect(() => sbomOf(PROJECT, 'spot-blacklist', unknown)).toThrow(/does not name \S+@0\.0\.0: run npm ci/);
  });
});
