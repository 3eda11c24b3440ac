/**
 * Makes the source archive: everything that runs the program from its source on
 * a machine with Deno and no network, with nothing in Deno's cache.
 *
 *     deno task airgap
 *
 * The modules used of Deno's standard library come along in `vendor/`, and the
 * archive's `deno.json` maps the imports there; but for that map it is the
 * project's own. Nothing is then left for Deno to look up.
 *
 * @module
 */

import { join, relative, SEPARATOR } from "@std/path";
import config from "../deno.json" with { type: "json" };
import { DIST, inFolder, run, sourceFiles, VERSION } from "./project.ts";
import { zip, type ZipEntry } from "./zip.ts";

const VENDOR = "vendor";

/** An import as `deno.json` maps it: `npm:deno-std@1.4.0/path/mod.js`. */
interface NpmImport {
  /** `deno-std@1.4.0` */
  package: string;
  /** `deno-std` */
  name: string;
  /** `path/mod.js` */
  path: string;
}

/** The parts of what `deno info --json` prints that are used here. */
interface ModuleInfo {
  modules: { local?: string }[];
  npmPackages?: Record<string, { localPath?: string }>;
}

/** Takes an `npm:` specifier with a version and a path apart. */
export function parseNpmImport(specifier: string): NpmImport {
  const match = /^npm:((@[^/]+\/)?[^/@]+)@([^/]+)\/(.+)$/.exec(specifier);
  if (match === null) {
    throw new RangeError(`Cannot bring along "${specifier}": it is not npm:NAME@VERSION/PATH`);
  }
  const [, name, , version, path] = match;
  return { package: `${name}@${version}`, name: name!, path: path! };
}

/** The import map with each package's modules in `vendor/`. */
export function vendoredImports(imports: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(imports).map(([bareName, specifier]) => {
      const { name, path } = parseNpmImport(specifier);
      return [bareName, `./${VENDOR}/${name}/${path}`];
    }),
  );
}

/** The modules that the import map points at, and all that they import. */
async function vendoredFiles(imports: Readonly<Record<string, string>>): Promise<ZipEntry[]> {
  const files = new Map<string, ZipEntry>();
  for (const specifier of Object.values(imports)) {
    const wanted = parseNpmImport(specifier);
    const { npmPackages = {} } = await info(specifier);
    const packageFolder = npmPackages[wanted.package]?.localPath;
    if (packageFolder === undefined) throw new Error(`Cannot find the files of "${specifier}"`);
    const { modules } = await info(join(packageFolder, wanted.path), "--no-config");
    const locals = modules.flatMap(({ local }) => local ?? []);
    for (const local of [...locals, join(packageFolder, "package.json")]) {
      const inPackage = relative(packageFolder, local).replaceAll(SEPARATOR, "/");
      const path = `${VENDOR}/${wanted.name}/${inPackage}`;
      files.set(path, { path, data: Deno.readFileSync(local) });
    }
  }
  return [...files.values()];
}

async function info(module: string, ...options: string[]): Promise<ModuleInfo> {
  return JSON.parse(await run(Deno.execPath(), ["info", "--json", ...options, module]));
}

/** The archive's name without its `.zip`; its only folder has the same name. */
export const SOURCE_ARCHIVE = `mfg_gen-${VERSION}-source`;

/** Makes the source archive. */
export async function sourceArchive(): Promise<Uint8Array<ArrayBuffer>> {
  const { imports, fmt, lint } = config;
  const vendored = {
    ...config,
    imports: vendoredImports(imports),
    fmt: { ...fmt, exclude: [...fmt.exclude, `${VENDOR}/`] },
    lint: { ...lint, exclude: [...lint.exclude, `${VENDOR}/`] },
  };
  const text = JSON.stringify(vendored, undefined, 2) + "\n";
  return zip(inFolder(SOURCE_ARCHIVE, [
    ...sourceFiles(),
    { path: "deno.json", data: new TextEncoder().encode(text) },
    ...await vendoredFiles(imports),
  ]));
}

if (import.meta.main) {
  const output = join(DIST, `${SOURCE_ARCHIVE}.zip`);
  await Deno.mkdir(DIST, { recursive: true });
  await Deno.writeFile(output, await sourceArchive());
  console.log(output);
}
