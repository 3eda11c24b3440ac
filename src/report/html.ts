const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A piece of HTML that is safe to put into a page. */
export class Html {
  readonly text: string;

  /** @param text Markup, in which everything of unknown origin is escaped already. */
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly Html[];

/**
 * Markup as a template, without the white space around it; every text put into
 * it is escaped, only {@linkcode Html} is not.
 */
export function markup(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const last = template.length - 1;
  const texts = template.map((piece, at) => {
    const text = at === 0 ? piece.trimStart() : piece;
    return at === last ? text.trimEnd() : text + textOf(parts[at]!);
  });
  return new Html(texts.join(""));
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return `${part}`.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
