/**
 * The image files of `testdata` with the options that read them, found by
 * listing the folders.
 *
 * @module
 */

import { projectPath } from "../helpers.ts";

/** An image file, and how the program is told its key. */
export interface ImageFile {
  name: string;
  path: string;
  /** `--key FILE` or `--hmac-key FILE`; none for a plain image. */
  keyArgs: string[];
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

/** The worn images of `testdata/device-images`; beside each is `<name>.json`. */
export function deviceImageFiles(): ImageFile[] {
  const folder = projectPath("testdata/device-images");
  return namesIn(folder)
    .filter((file) => /^worn-.*(?<!\.keys)\.bin$/.test(file))
    .map((file) => {
      const keys = `${folder}/${file.replace(/\.bin$/, ".keys.bin")}`;
      return {
        name: file,
        path: `${folder}/${file}`,
        keyArgs: isThere(keys) ? ["--key", keys] : [],
      };
    });
}

/** Every image of `testdata/vectors`. */
export function vectorImageFiles(): ImageFile[] {
  const vectors = projectPath("testdata/vectors");
  return namesIn(vectors).flatMap((caseName) => {
    const folder = `${vectors}/${caseName}`;
    if (!isThere(`${folder}/out/bin`)) return [];
    const { argv } = JSON.parse(Deno.readTextFileSync(`${folder}/case.json`));
    const fileAfter = (option: string) =>
      argv.includes(option) ? `${folder}/in/${argv[argv.indexOf(option) + 1]}` : undefined;
    return namesIn(`${folder}/out/bin`).map((file) => {
      const hmacKey = fileAfter("--kp_hmac_inputkey");
      const keys = fileAfter("--inputkey");
      return {
        name: `${caseName}/${file}`,
        path: `${folder}/out/bin/${file}`,
        keyArgs: hmacKey !== undefined
          ? ["--hmac-key", hmacKey]
          : keys !== undefined
          ? ["--key", keys]
          : [],
      };
    });
  });
}
