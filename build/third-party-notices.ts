import { readFileSync } from 'node:fs';
import type { BundledPackage } from './bundled-packages.ts';

/** Licences that allow redistribution in a bundle with attribution and their text. */
const ACCEPTED = ['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'MIT-0', '0BSD'];

/** Used if a package has no licence text: Apache's text names no copyright holder, and the last two require no text. */
const STANDARD: Readonly<Record<string, string>> = {
  // The same as this project's.
  'Apache-2.0': readFileSync(new URL('../LICENSE', import.meta.url), 'utf8').trim(),
  'MIT-0': 'Licence: MIT-0',
  '0BSD': 'Licence: 0BSD',
};

/**
 * The notices shipped with the bundle: each package's name, version and licence, and each licence's text once.
 *
 * @param version spot-blacklist's version
 * @throws {Error} if a package's licence is not on the list of accepted ones, or its text is missing
 */
export function thirdPartyNotices(version: string, packages: readonly BundledPackage[]): string {
  refuse(
    packages.filter(({ license }) => !ACCEPTED.includes(license)),
    'Not bundled until its licence is reviewed and accepted:',
  );
  refuse(
    packages.filter(({ license, licenseText }) => licenseText === '' && !Object.hasOwn(STANDARD, license)),
    'Not bundled without its licence text:',
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
