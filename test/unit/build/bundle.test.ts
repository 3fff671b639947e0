import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundledPackages } from '../../../build/bundled-packages.ts';
import { bytesOf, loadedAtStart, refuseAboveBudget, SIZE_BUDGET } from '../../../build/size-budget.ts';
import { thirdPartyNotices } from '../../../build/third-party-notices.ts';
import { BUNDLE } from '../../support/deployment.ts';
import { PROJECT } from '../../support/project.ts';

const NOTICES = join(dirname(BUNDLE), 'THIRD-PARTY-NOTICES.txt');
const PACKAGE = {
  name: 'one',
  version: '1.2.3',
  license: 'MIT',
  licenseText: 'Do as you like.',
  noticeText: '',
  bytes: 10,
};

async function metafile(): Promise<Metafile> {
  return JSON.parse(await readFile(`${dirname(BUNDLE)}.meta.json`, 'utf8'));
}

describe('the bundle', () => {
  it('loads only Lambda’s credential provider at its start', async () => {
    const start = bundledPackages(loadedAtStart(await metafile()), PROJECT).map(({ name }) => name);
    expect(start).toContain('@aws-sdk/credential-provider-env');
    expect(start.filter((name) => /credential-provider-(sso|ini|process|web-identity)/.test(name))).toEqual(
      [],
    );
  });

  it('contains the EC2 client, but does not load it at its start', async () => {
    const names = (of: Metafile) => bundledPackages(of, PROJECT).map(({ name }) => name);
    const all = await metafile();
    expect(names(all)).toContain('@aws-sdk/client-ec2');
    expect(names(loadedAtStart(all))).not.toContain('@aws-sdk/client-ec2');
  });

  it('cannot be built above its size budget', async () => {
    const start = loadedAtStart(await metafile());
    expect(bytesOf(start)).toBeGreaterThan((await stat(BUNDLE)).size - 1);
    expect(bytesOf(start)).toBeLessThanOrEqual(SIZE_BUDGET);
    expect(() => refuseAboveBudget(SIZE_BUDGET)).not.toThrow();
    expect(() => refuseAboveBudget(SIZE_BUDGET + 1)).toThrow(
      `${SIZE_BUDGET + 1} bytes at a cold start, 1 more than`,
    );
  });
});

describe('the notices', () => {
  it('name the version, so that every release has an asset of its own', async () => {
    expect(thirdPartyNotices('1.2.3', [PACKAGE])).toMatch(/^spot-blacklist 1\.2\.3 /);
    const { version } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
    expect(await readFile(NOTICES, 'utf8')).toContain(`spot-blacklist ${version} `);
  });

  it('name every package with its version and licence, and give each text once', () => {
    const notices = thirdPartyNotices('0.1.0', [
      PACKAGE,
      { ...PACKAGE, name: 'two' },
      { ...PACKAGE, name: 'three', license: 'MIT-0', licenseText: '' },
    ]);
    expect(notices).toContain('one 1.2.3 (MIT)\ntwo 1.2.3 (MIT)\n\nDo as you like.');
    expect(notices.match(/Do as you like/g)).toHaveLength(1);
    expect(notices).toContain('three 1.2.3 (MIT-0)\n\nLicence: MIT-0');
  });

  it('are not made if a licence text that must be passed on is missing', () => {
    expect(() => thirdPartyNotices('0.1.0', [{ ...PACKAGE, licenseText: '' }])).toThrow(
      'licence text: one 1.2.3',
    );
    expect(() => thirdPartyNotices('0.1.0', [{ ...PACKAGE, licenseText: '', noticeText: 'By us.' }])).toThrow(
      'one 1.2.3',
    );
    const apache = { ...PACKAGE, license: 'Apache-2.0', licenseText: '', noticeText: 'By us.' };
    expect(thirdPartyNotices('0.1.0', [apache])).toMatch(
      /^one 1\.2\.3 \(Apache-2\.0\)\n\n\s*Apache License\n[\s\S]*By us\.$/m,
    );
  });

  it('of the command line have the text of every package in it', async () => {
    const notices = await readFile(join(dirname(BUNDLE), '..', 'cli', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    expect(notices).toMatch(/^emoji-regex \d[\s\S]*?Copyright Mathias Bynens/m);
  });

  it('are not made for a package whose licence is not known', () => {
    expect(() => thirdPartyNotices('0.1.0', [{ ...PACKAGE, license: 'AGPL-3.0-only' }])).toThrow(
      'one 1.2.3 (AGPL-3.0-only)',
    );
  });

  it('name the packages that the function contains', async () => {
    const notices = await readFile(NOTICES, 'utf8');
    for (const name of ['got', 'valibot', '@aws-sdk/client-secrets-manager', '@aws-sdk/client-ec2']) {
      expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
  });
});
