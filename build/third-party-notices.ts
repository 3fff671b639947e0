import { readFileSync } from 'node:fs';
import type { BundledPackage } from './bundled-packages.ts';

/** Licences under which code may be passed on in a bundle that names it and has their text. */
const ACCEPTED = ['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'MIT-0', '0BSD'];

/** What stands for the text where a package brings none: Apache's names nobody, and the last two ask for nothing. */
const STANDARD: Readonly<Record<string, string>> = {
  // This project's own is the same.
  'Apache-2.0': readFileSync(new URL('../LICENSE', import.meta.url), 'utf8').trim(),
  'MIT-0': 'Licence: MIT-0',
  '0BSD': 'Licence: 0BSD',
};

/**
 * The text that goes with the bundle: of each package its name, version and licence, and each licence's text once.
 *
 * @param version spot-blacklist's own
 * @throws {Error} if a package has a licence that nobody has accepted for this project yet, or lacks its text
 */
export function thirdPartyNotices(version: string, packages: readonly BundledPackage[]): string {
  refuse(
    packages.filter(({ license }) => !ACCEPTED.includes(license)),
    'Not bundled before someone has read the licence of',
  );
  refuse(
    packages.filter(({ license, licenseText }) => licenseText === '' && !Object.hasOwn(STANDARD, license)),
    'Not bundled without the text of the licence of',
  );
  const textOf = ({ license, licenseText, noticeText }: BundledPackage) =>
    [licenseText || STANDARD[license], noticeText].filter(Boolean).join('\n\n');
  const sections = [...Map.groupBy(packages, textOf)].map(
    ([text, ones]) => `${ones.map(shown).join('\n')}\n\n${text}\n`,
  );
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return `spot-blacklist ${version} is bundled with code of these packages.\n${rule}${sections.join(rule)}`;
}

function refuse(packages: readonly BundledPackage[], why: string): void {
  if (packages.length === 0) return;
  throw new Error(`${why} ${packages.map(shown).join(', ')}: see build/third-party-notices.ts.`);
}

function shown({ name, version, license }: BundledPackage): string {
  return `${name} ${version} (${license})`;
}
