/**
 * What a program can reach by the text of it: members of `Deno`, globals and
 * modules, read from its syntax tree. Ways around a list of names (computed
 * members, other names for `Deno`, code from text) are named as such.
 *
 * @module
 */

/** What a module names. Each list is sorted, without repetition. */
export interface Rights {
  /** Members of `Deno`. */
  deno: string[];
  /** Globals of the runtime, but for `Deno` itself; `process` with its member. */
  globals: string[];
  /** Modules that it imports. */
  modules: string[];
  /** Pieces of text by which it may reach more than its names tell. */
  escapes: string[];
}

type Node = Deno.lint.Node;

/** The only code that may come from a text: it finds V8's collector. */
const KNOWN_CODE = new Set(['runInNewContext("globalThis.gc")']);
/** Functions of the modules in use that make code of text. */
const MAKES_CODE = /^(runIn\w*Context|compileFunction|Script|createContext|SourceTextModule)$/;

/** Reads what a module names. */
export function rightsOf(source: string): Rights {
  const found = { deno: new Set<string>(), globals: new Set<string>() };
  const modules = new Set<string>();
  const escapes = new Set<string>();
  /** Names that the module gives the global object: `const scope = globalThis`. */
  const aliases = new Set(["globalThis"]);

  const plugin: Deno.lint.Plugin = {
    name: "rights",
    rules: {
      collect: {
        create({ sourceCode }) {
          const escape = (node: Node) => escapes.add(sourceCode.getText(node).slice(0, 80));
          /** Takes note of a reference to `Deno`, be it a member of the global object. */
          const onDeno = (node: Node) => {
            const member = memberOf(node);
            if (member === undefined) escape(parentOf(node) ?? node);
            else found.deno.add(member);
          };
          return {
            VariableDeclarator(node) {
              if (node.init?.type !== "Identifier" || !aliases.has(node.init.name)) return;
              if (node.id.type === "Identifier") aliases.add(node.id.name);
              else escape(node);
            },
            Identifier(node) {
              if (isLabel(node)) {
                if (node.name === "constructor" && parentOf(node)?.type === "MemberExpression") {
                  escape(parentOf(node)!);
                }
                return;
              }
              if (node.name === "Deno") return onDeno(node);
              if (aliases.has(node.name)) {
                const parent = parentOf(node)!;
                if (parent.type === "VariableDeclarator") return;
                const member = memberOf(node);
                if (member === undefined) escape(parent);
                else if (member === "Deno") onDeno(parent);
                else found.globals.add(withMember(member, parent));
                return;
              }
              if (MAKES_CODE.test(node.name)) {
                const parent = parentOf(node)!;
                const isImport = parent.type === "ImportSpecifier";
                if (!isImport && !KNOWN_CODE.has(sourceCode.getText(parent))) escape(parent);
              }
              if (node.name in globalThis) found.globals.add(withMember(node.name, node));
            },
            ImportDeclaration: (node) => void modules.add(node.source.value),
            ExportNamedDeclaration: (node) => void (node.source && escape(node)),
            ExportAllDeclaration: (node) => void escape(node),
            ImportExpression: (node) => void escape(node),
            MetaProperty: (node) => void found.globals.add(sourceCode.getText(node)),
          };
        },
      },
    },
  };
  Deno.lint.runPlugin(plugin, "module.ts", source);
  const sorted = (names: Iterable<string>) => [...names].sort();
  return {
    deno: sorted(found.deno),
    globals: sorted(found.globals),
    modules: sorted(modules),
    escapes: sorted(escapes),
  };
}

function parentOf(node: Node): Node | undefined {
  return (node as { parent?: Node }).parent;
}

/** The name behind `node.`; nothing when the node is used in another way. */
function memberOf(node: Node): string | undefined {
  const parent = parentOf(node);
  if (parent?.type !== "MemberExpression" || parent.object !== node || parent.computed) {
    return undefined;
  }
  return parent.property.type === "Identifier" ? parent.property.name : undefined;
}

/** A global's name; with the member that is used, if it is one that reaches far: `process.env`. */
function withMember(name: string, node: Node): string {
  return name === "process" ? `${name}.${memberOf(node) ?? "?"}` : name;
}

/** Whether an identifier only names a member: `a.name`, `{ name: 1 }`, a method. */
function isLabel(node: Node): boolean {
  const parent = parentOf(node);
  switch (parent?.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
      return parent.key === node && !parent.computed && !parent.shorthand;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.key === node && !parent.computed;
    default:
      return false;
  }
}
