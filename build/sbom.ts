import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { BundledPackage } from './bundled-packages.ts';

/** The parts of a CycloneDX document that are changed here; the others are passed on as npm writes them. */
interface Sbom {
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly properties?: readonly { readonly name: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * The packages in the function's bundle, according to npm's SBOM of the lock file. npm also lists packages that are only
 * installed, the folder, the time and a random number: all of that is left out, so that the same sources give the same
 * bytes.
 *
 * @param root the project's folder
 * @param name the bundle's name
 * @param bundled the packages that the bundle holds code of
 * @returns a CycloneDX document in JSON
 * @throws {Error} if npm does not name a bundled package
 */
export function sbomOf(root: string, name: string, bundled: readonly BundledPackage[]): string {
  const { metadata, components, dependencies, ...document } = readSbom(root);
  const refs = new Set(bundled.map((one) => `${one.name}@${one.version}`));
  const included = components.filter((component) => refs.has(component['bom-ref']));
  const missing = [...refs].filter((ref) => !included.some((component) => component['bom-ref'] === ref));
  if (missing.length > 0) throw new Error(`npm sbom does not name ${missing.join(', ')}: run npm ci.`);
  const contents = {
    metadata: { component: { ...metadata.component, type: 'application', name } },
    components: included.map(({ properties = [], ...component }) => ({
      ...component,
      // The package installs nothing, so npm counts what is bundled as development dependencies.
      properties: properties.filter((property) => property.name !== 'cdx:npm:package:development'),
    })),
    dependencies: dependencies
      .filter(({ ref }) => refs.has(ref) || ref === metadata.component['bom-ref'])
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) })),
  };
  return `${JSON.stringify({ ...document, serialNumber: serialNumberOf(contents), ...contents }, null, 2)}\n`;
}

function readSbom(root: string): Sbom {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  return JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 }));
}

/** A UUID (version 8) made from the contents: GitHub's attestations require one. */
function serialNumberOf(contents: object): string {
  const hash = createHash('sha256').update(JSON.stringify(contents)).digest('hex');
  const groups = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return `urn:uuid:${groups.join('-')}-${hash.slice(20, 32)}`;
}
