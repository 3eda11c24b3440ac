/**
 * Parses PowerShell with tree-sitter's grammar, from npm.
 *
 * That happens in a process of its own, with a lock file of its own: packages
 * that `deno.lock` names are fetched by everybody who runs the program from its
 * source, and these are for tests alone. For the same reason no import below is
 * one that Deno sees before it runs.
 *
 *     deno run --no-config --lock=tests/shipping/powershell.lock --allow-read \
 *       tests/shipping/powershell_parser.ts < texts.json
 *
 * Without `--frozen`, as here, that also writes the lock file anew.
 *
 * @module
 */

/** The runtime, in WebAssembly. */
const RUNTIME = "npm:web-tree-sitter@0.26.13";
/** The grammar, whose `.wasm` the runtime loads; its native binding is not touched. */
const GRAMMAR = "npm:tree-sitter-powershell@0.26.4";

/** Exit status of the process when a package can neither be fetched nor found in the cache. */
const UNAVAILABLE = 3;
/** How Deno says that; a wrong version or a wrong hash reads otherwise, and is a fault of ours. */
const SAYS_UNAVAILABLE =
  /error sending request for url \([^)]*\)|Bad response: \d+|npm package not found in cache: "[^"]*"/;

const MAX_SHOWN = 60;

/** A place where a text is not PowerShell. */
export interface Fault {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** What begins there and is not understood, or what is missing there. */
  message: string;
}

/** What the parser makes of a text. */
export interface Parsed {
  /** In the order of the text; none if it is PowerShell. */
  faults: Fault[];
  /** What its strings in single quotes say. */
  strings: string[];
}

/** The part of web-tree-sitter that is used here. */
interface Runtime {
  Parser: { init(): Promise<void>; new (): Parser };
  Language: { load(wasm: Uint8Array): Promise<Language> };
}

type Language = Record<never, never>;

interface Parser {
  setLanguage(language: Language): void;
  parse(text: string): { rootNode: Node };
}

interface Node {
  type: string;
  text: string;
  /** From 0. */
  startPosition: { row: number; column: number };
  hasError: boolean;
  isError: boolean;
  isMissing: boolean;
  children: Node[];
}

/** Why nothing can be parsed here, if the packages are out of reach. */
export async function whyNoParser(): Promise<string | undefined> {
  const { code, stdout } = await runParser([]);
  return code === UNAVAILABLE ? `npm's packages are out of reach: ${stdout.trim()}` : undefined;
}

/**
 * Parses each text.
 * @throws {Error} If the parser cannot be run.
 */
export async function parsePowershell(texts: readonly string[]): Promise<Parsed[]> {
  const { code, stdout, stderr } = await runParser(texts);
  if (code !== 0) throw new Error(`The PowerShell parser ended with status ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

async function runParser(texts: readonly string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-config", "--no-check", "--allow-read"],
      ...[`--lock=${import.meta.dirname}/powershell.lock`, "--frozen", import.meta.url],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // A process that ends before it has read that says why in what it prints.
  const sent = new Blob([JSON.stringify(texts)]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), sent]);
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function loadParser(): Promise<Parser> {
  // The import brings the package into the cache, where its other files then are.
  await import(`${GRAMMAR}/package.json`, { with: { type: "json" } });
  const grammar = import.meta.resolve(`${GRAMMAR}/tree-sitter-powershell.wasm`);
  const { Parser, Language }: Runtime = await import(RUNTIME);
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(Deno.readFileSync(new URL(grammar))));
  return parser;
}

/** What the tree of a text has of ERROR and MISSING, the outermost of each. */
function faultsBelow(node: Node): Fault[] {
  if (!node.hasError && !node.isMissing) return [];
  const { row, column } = node.startPosition;
  const at = { line: row + 1, column: column + 1 };
  if (node.isMissing) return [{ ...at, message: `"${node.type}" is missing` }];
  if (node.isError) return [{ ...at, message: `"${shortened(node.text)}" is not understood` }];
  return node.children.flatMap(faultsBelow);
}

/** The beginning of a text's first line. */
function shortened(text: string): string {
  const whole = text.trim();
  const shown = whole.split("\n", 1)[0]!.slice(0, MAX_SHOWN);
  return shown === whole ? whole : `${shown}...`;
}

function stringsBelow(node: Node): string[] {
  if (node.type !== "verbatim_string_characters") return node.children.flatMap(stringsBelow);
  return [node.text.slice(1, -1).replaceAll("''", "'")];
}

function parsed({ rootNode }: { rootNode: Node }): Parsed {
  return { faults: faultsBelow(rootNode), strings: stringsBelow(rootNode) };
}

if (import.meta.main) {
  try {
    const texts: string[] = await new Response(Deno.stdin.readable).json();
    const parser = await loadParser();
    console.log(JSON.stringify(texts.map((text) => parsed(parser.parse(text)))));
  } catch (error) {
    const reason = error instanceof TypeError ? SAYS_UNAVAILABLE.exec(error.message) : null;
    if (reason === null) throw error;
    console.log(reason[0]);
    Deno.exitCode = UNAVAILABLE;
  }
}
