import type { BundledPackage } from './bundled-packages.ts';

/** Licences under which code may be passed on in a bundle, without more than naming it and its licence. */
const ACCEPTED = ['Apache-2.0', 'MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause'];

/**
 * The text that goes with the bundle: of each package its name, version and licence, and each licence's text once.
 *
 * @throws {Error} if a package has a licence that nobody has accepted for this project yet
 */
export function thirdPartyNotices(packages: readonly BundledPackage[]): string {
  const refused = packages.filter(({ license }) => !ACCEPTED.includes(license));
  if (refused.length > 0) {
    const named = refused.map(({ name, version, license }) => `${name} ${version} (${license})`).join(', ');
    throw new Error(
      `Not bundled before someone has read the licence of ${named}: see build/third-party-notices.ts.`,
    );
  }
  const byText = Map.groupBy(packages, ({ license, licenseText }) => licenseText || `Licence: ${license}`);
  const sections = [...byText].map(([text, ones]) => {
    const names = ones.map(({ name, version, license }) => `${name} ${version} (${license})`);
    return `${names.join('\n')}\n\n${text}\n`;
  });
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return `spot-blacklist's function is bundled with code of these packages.\n${rule}${sections.join(rule)}`;
}
