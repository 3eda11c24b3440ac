/**
 * A batch that has a secret in every column, and markup wherever a name may
 * have some.
 *
 * @module
 */

import { type Files, isWindows } from "../helpers.ts";

/** None of these, and no beginning of one, may be on a page without values. */
export const SECRETS: readonly string[] = [
  ...["hunter2", "BEEFCAFE", "c2VjcmV0", "secret-in-blob", "987654321", "-77665544", "3.14159265"],
  ...["secret-in-file", "certs/secret", "metadata-secret", "repeated-secret", "path-of-keys"],
  ...["secret-in-wifi", "a7a7a7a7"],
];

/** Inputs, the arguments that name them, and the names that a page has to show as they are. */
export function hostileBatch() {
  // No such names can be files on Windows.
  const script = isWindows ? "&amp;" : "<script>alert(1)<\u2044script>";
  const image = isWindows ? "&lt;b&gt;" : '<img src=x onerror="alert(1)">';
  const column = "<script>id</script>";
  const conf = `conf ${script}.csv`;
  const values = `values ${image}.csv`;
  const header = [
    column,
    ...["<b>text", "</td>", "\"'&", "blob<!--", "u", "i", "f", "file", "rep", "sta.pswd"],
    "<style>meta",
  ];
  const row = (id: string, rep: string) => [
    ...[id, "hunter2", "beefcafe", "c2VjcmV0cw==", "secret-in-blob", "987654321", "-77665544"],
    ...["3.14159265", "certs/secret.der", rep, "secret-in-wifi", "metadata-secret"],
  ];
  const quoted = (cells: string[]) =>
    cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",");
  const ids = isWindows ? ["&a", "&b"] : [`<img src=x onerror=alert(1)>`, "</table><b>"]
    .map((id) => id.replaceAll("/", "\u2044"));
  const files: Files = {
    [conf]: [
      "<i>ns,namespace,",
      "<b>text,data,string",
      "</td>,data,hex2bin",
      '"""\'&",data,base64',
      "blob<!--,data,binary",
      "u,data,u32",
      "i,data,i32",
      "f,data,double",
      "file,file,binary",
      "rep,data,string,REPEAT",
      "sta.pswd,data,string",
      "",
    ].join("\n"),
    [values]: [
      quoted(header),
      quoted(row(ids[0]!, "repeated-secret")),
      quoted(row(ids[1]!, "")),
      "",
    ].join("\n"),
    "certs/secret.der": "secret-in-file",
    "path-of-keys/hmac.bin": new Uint8Array(32).fill(0xA7),
  };
  return {
    files,
    conf,
    values,
    options: [
      ...["--fileid", column, "--keygen", "--key_protect_hmac"],
      ...["--kp_hmac_inputkey", "path-of-keys/hmac.bin"],
    ],
    names: [conf, values, column, ...ids, "--kp_hmac_inputkey hmac.bin"],
  };
}

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
};

/** What a page shows: its text without tags and style, white space as a single space. */
export function pageText(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ENTITIES[name]!)
    .replace(/\s+/g, " ");
}
